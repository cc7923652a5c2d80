import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Amount } from '../schemas/scalars.ts';
import { allocateOrigin } from './allocate-origin.ts';
import { sourceStatement } from './build-statement.ts';
import { compileCatalog } from './compile-catalog.ts';
import { readReport } from './read-report.ts';
import { catalog, line, report } from './testing/build.ts';

const rules = [{ id: 'r', match: {}, assign: { tenant: 'acme' } }];
const read = readReport(report({ lines: [line({ billed: '5', effective: '4' })] }), compileCatalog(catalog({ rules })));
const parts = read.origins.flatMap((origin) => allocateOrigin(origin, { isTenant: () => true, weigh: () => null }));

it('a statement is made when everything is accounted for', () => {
  assert.equal(sourceStatement(read, parts).difference.billed, 0n);
});

it('a planted loss or gain of a single unit stops the computation and says how much is missing', () => {
  const [part] = parts;
  assert.ok(part);
  const [share] = part.shares;
  assert.ok(share);
  const billed = [{ ...part, shares: [{ ...share, billed: (share.billed - 1n) as Amount }] }];
  assert.throws(() => sourceStatement(read, billed), {
    message:
      'Invariant broken: cast-ai prod differs by 0.000000000001 billed and 0 effective between its charges and ' +
      'where they went.',
  });
  const effective = [{ ...part, shares: [{ ...share, effective: (share.effective + 1n) as Amount }] }];
  assert.throws(() => sourceStatement(read, effective), /differs by 0 billed and -0\.000000000001 effective/);
  assert.throws(() => sourceStatement(read, []), /differs by 5 billed and 4 effective/);
});
