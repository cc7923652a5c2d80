import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Amount } from '../schemas/scalars.ts';
import { checkConservation } from './check-conservation.ts';
import { allocate, line, report } from './testing/build.ts';

const rules = [
  { id: 'own', match: { service: 'own' }, assign: { tenant: 'acme' } },
  { id: 'tax', match: { service: 'tax' }, hold: { reason: 'tax' } },
  { id: 'seen', match: { service: 'seen' }, cover: { by: 'aws' } },
];
const lines = ['own', 'tax', 'seen', 'other'].map((service, i) =>
  line({ service, billed: `${i + 1}`, effective: '9' }),
);
const { documents, statements } = allocate({ rules }, { reports: [report({ lines })] });
const [statement] = statements;
assert.ok(statement);

it('documents that are all charges less covered and held pass', () => {
  checkConservation(documents, statement);
});

it('a planted loss or gain of a single unit is found, billed or effective', () => {
  const changed = (field: 'billed' | 'effective', units: bigint): typeof documents =>
    documents.map((document, i) =>
      i === 0 ? { ...document, [field]: (document[field] + units) as Amount } : document,
    );
  assert.throws(() => checkConservation(changed('billed', -1n), statement), {
    message: 'Invariant broken: the documents in USD miss 1 units of 10^-12 billed.',
  });
  assert.throws(() => checkConservation(changed('effective', 2n), statement), {
    message: 'Invariant broken: the documents in USD miss -2 units of 10^-12 effective.',
  });
  assert.throws(() => checkConservation(documents.slice(1), statement), /miss/);
});
