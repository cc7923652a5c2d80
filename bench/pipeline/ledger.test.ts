import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAmount } from '../../attribution/amount.ts';
import { startOf } from '../../schemas/day.ts';
import type { Amount, Day } from '../../schemas/scalars.ts';
import { Ledger } from './ledger.ts';
import { callMaker, namespaceReport } from './platform.ts';

const DAY = 20_000 as Day;
const call = callMaker(1)(startOf(DAY) + 3_600_000);
const report = namespaceReport(DAY, 1);

const ledger = new Ledger();
ledger.addCall(call);
ledger.addReport(namespaceReport(DAY));
ledger.addReport(report);

const used = String(call.endedAt - call.startedAt);
const billed = formatAmount(report.lines.reduce((sum, line) => sum + line.billed, 0n) as Amount);
const day = { day: '2024-10-04', calls: '1', used, split: used, billed };
const sums = { lines: billed, weeks: billed, months: billed };

test('finds nothing wrong with what was sent, the newest report of each source standing', () => {
  assert.deepEqual(ledger.faults([day], [sums]), []);
});

test('finds whatever differs: a call, its time, its share, a unit of money, a day, a sum', () => {
  const planted = [{ calls: '2' }, { used: '1' }, { split: '1' }, { billed: `${billed}1` }];
  for (const one of planted) assert.equal(ledger.faults([{ ...day, ...one }], [sums]).length, 1, JSON.stringify(one));
  assert.match(ledger.faults([], [sums])[0] ?? '', /^2024-10-04: nothing instead of 1 calls/);
  assert.equal(ledger.faults([day, { ...day, day: '2024-10-05' }], [sums]).length, 1);
  for (const one of [{ lines: '0' }, { weeks: '0' }, { months: '0' }]) {
    assert.equal(ledger.faults([day], [{ ...sums, ...one }]).length, 1, JSON.stringify(one));
  }
});
