import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CostLine, CostReport } from '../../schemas/cost-report.ts';
import { DAY_MS, dayOf } from '../../schemas/day.ts';
import type { Amount } from '../../schemas/scalars.ts';
import type { DayCost } from '../poller.ts';
import { newReports } from './new-reports.ts';
import { SentReports } from './sent-reports.ts';

const { PROPERTY_RUNS = '500' } = process.env;
const NOW = Date.parse('2026-03-10T06:00:00Z');
const MIB = 1024 * 1024;

const line = (change: Partial<CostLine> = {}): CostLine => ({
  ...{ service: 'S3', cluster: '', namespace: '', region: '', resource: '', subAccount: '', category: 'Usage' },
  ...{ billed: 5n as Amount, effective: 4n as Amount, tags: {} },
  ...change,
});

const cost = (lines: readonly CostLine[], change: Partial<DayCost> = {}): DayCost => ({
  ...{ account: '1', day: dayOf(NOW - 5 * DAY_MS), currency: 'USD', status: 'final', lines },
  ...change,
});

/** What a poller remembers, and what it makes of a day. */
function remembering(acceptEmpty = false) {
  const sent = new SentReports(() => null);
  return (day: DayCost, startedAt = NOW): readonly CostReport[] => {
    const { reports } = newReports(day, { source: 'aws', startedAt, acceptEmpty, sent });
    for (const report of reports) sent.remember(report, day.account);
    return reports;
  };
}

const shown = (reports: readonly CostReport[]) =>
  reports.map(({ account, lines }) => [account, lines.map(({ subAccount }) => subAccount)]);

test('lines with equal descriptors are added up, in one order whatever the order of the answers', () => {
  const lines = [line(), line({ service: 'EC2' }), line({ billed: -7n as Amount }), line({ tags: { a: '1' } })];
  const [forwards] = remembering()(cost(lines));
  const [backwards] = remembering()(cost(lines.toReversed()));
  assert.deepEqual(forwards, backwards);
  assert.deepEqual(
    forwards?.lines.map(({ service, billed, effective, tags }) => [service, billed, effective, tags]),
    [
      ['EC2', 5n, 4n, {}],
      ['S3', 5n, 4n, { a: '1' }],
      ['S3', -2n, 8n, {}],
    ],
  );
});

test('what was sent is not sent again, until it differs', () => {
  const make = remembering();
  assert.equal(make(cost([line()])).length, 1);
  assert.equal(make(cost([line()]), NOW + 1).length, 0);
  assert.equal(make(cost([line({ effective: 3n as Amount })]), NOW + 2).length, 1);
  assert.equal(make(cost([line({ effective: 3n as Amount })], { status: 'estimated' }), NOW + 3).length, 1);
  assert.equal(make(cost([line({ effective: 3n as Amount })], { currency: 'EUR', status: 'estimated' })).length, 1);
});

test('a day becomes final when it is old enough and stands as on an earlier day', () => {
  const make = remembering();
  const settling = cost([line()], { status: { settledAfterDays: 3 } });
  const statuses = [0, 3_600_000, DAY_MS].map((later) => make(settling, NOW + later).map(({ status }) => status));
  assert.deepEqual(statuses, [['estimated'], [], ['final']]);
  const young = { ...settling, day: dayOf(NOW) };
  assert.deepEqual(
    [0, DAY_MS, 2 * DAY_MS, 3 * DAY_MS].map((later) => make(young, NOW + later).map(({ status }) => status)),
    [['estimated'], [], [], ['final']],
  );
});

test('a final day that changes is an estimate again', () => {
  const make = remembering();
  const settling = (billed: bigint) => cost([line({ billed: billed as Amount })], { status: { settledAfterDays: 3 } });
  make(settling(1n));
  make(settling(1n), NOW + DAY_MS);
  assert.deepEqual(
    make(settling(2n), NOW + 2 * DAY_MS).map(({ status }) => status),
    ['estimated'],
  );
});

test('a report is always younger than the one it replaces, whatever the clock says', () => {
  const make = remembering();
  make(cost([line()]));
  const [report] = make(cost([]), NOW - DAY_MS);
  assert.equal(report, undefined);
  const [later] = make(cost([line({ billed: 1n as Amount })]), NOW - DAY_MS);
  assert.equal(later?.observedAt, NOW + 1);
});

test('a day without cost replaces one with cost only where that is accepted', () => {
  const careful = remembering();
  careful(cost([line()]));
  assert.deepEqual(careful(cost([])), []);
  const trusting = remembering(true);
  trusting(cost([line()]));
  assert.deepEqual(
    trusting(cost([])).map(({ lines }) => lines),
    [[]],
  );
});

test('a day too large for a record is cut by sub-account, and none of its parts outlives it', () => {
  const large = (subAccount: string) =>
    Array.from({ length: 40 }, (_, index) => line({ subAccount, resource: `${index}`.padEnd(MIB / 16, 'x') }));
  const make = remembering();
  assert.deepEqual(
    shown(make(cost([...large('a'), ...large('b')]))).map(([account]) => account),
    ['1', '1/a', '1/b'],
  );
  assert.deepEqual(
    make(cost([...large('b'), ...large('c')])).map(({ account, lines }) => [account, lines.length]),
    [
      ['1/c', 40],
      ['1/a', 0],
    ],
  );
  assert.deepEqual(
    make(cost([line({ subAccount: 'b' })])).map(({ account, lines }) => [account, lines.length]),
    [
      ['1', 1],
      ['1/b', 0],
      ['1/c', 0],
    ],
  );
  assert.deepEqual(make(cost([line({ subAccount: 'b' })])), []);
});

test('what cannot be a report is told of, and is none', () => {
  for (const wrong of [cost([line()], { currency: 'dollars' }), cost([line({ service: 'a\0' })])]) {
    assert.throws(() => remembering()(wrong), { code: 'source_garbled', message: /aws says of 1 on 2026-03-05/ });
  }
  const tooLarge = cost([line({ resource: 'x'.repeat(5 * MIB) })]);
  assert.throws(() => remembering()(tooLarge), { code: 'source_garbled', message: /over the 4194304/ });
});

test('whatever was sent before, what stands adds up to what the source says last', () => {
  const lines = fc.array(
    fc.record({
      subAccount: fc.constantFrom('', 'a', 'b'),
      service: fc.constantFrom('S3', 'EC2'),
      billed: fc.bigInt({ min: -10n, max: 10n }),
      isLarge: fc.boolean(),
    }),
    { maxLength: 6 },
  );
  const property = fc.property(fc.array(lines, { minLength: 1, maxLength: 5 }), (history) => {
    const make = remembering(true);
    const standing = new Map<string, CostReport>();
    for (const [index, day] of history.entries()) {
      const told = day.map(({ subAccount, service, billed, isLarge }) =>
        line({ subAccount, service, billed: billed as Amount, resource: isLarge ? 'x'.repeat(1.5 * MIB) : '' }),
      );
      for (const report of make(cost(told), NOW + index)) {
        const held = standing.get(report.account);
        assert.ok(held === undefined || report.observedAt > held.observedAt);
        standing.set(report.account, report);
      }
      const sum = (all: readonly CostLine[]): bigint => all.reduce((total, { billed }) => total + billed, 0n);
      assert.equal(sum([...standing.values()].flatMap((report) => report.lines)), sum(told));
    }
  });
  fc.assert(property, { numRuns: Math.ceil(Number(PROPERTY_RUNS) / 10) });
});

test('what does not fit the memory is forgotten, and sent again', () => {
  const sent = new SentReports(() => null);
  const day = dayOf(NOW);
  for (let account = 0; account < 20_000; account++) {
    const report = {
      source: 'aws',
      account: `${account}`,
      day,
      currency: 'USD',
      observedAt: NOW,
      status: 'final',
    } as const;
    sent.remember({ ...report, lines: [] }, `${account}`);
  }
  const [text = ''] = [...sent.takeChanges().values()];
  assert.ok(text.length < MIB);
  assert.equal(new SentReports(() => text).find('aws', '1', day), null);
});
