import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UNALLOCATED } from '../../schemas/attribution-document.ts';
import { addDays, formatDay } from '../../schemas/day.ts';
import { catalogs, costReports, usageTotals } from '../../schemas/topics.ts';
import { catalog, day, type Flushed, NOON_MS, report, TaskOnLogs, total } from './testing/task-on-logs.ts';

/** Long enough for any day to be due again. */
const LATER_MS = NOON_MS + 3_600_000;

test('computes a day once for all that came within its interval', () => {
  const on = started();
  on.append(costReports, report({ a: 1 }));
  assert.deepEqual(billed(on.flush(NOON_MS)), { a: 1 });
  on.append(costReports, report({ a: 2 }, { observedAt: NOON_MS + 1 }));
  assert.equal(on.flush(NOON_MS + 500), null);
  on.append(costReports, report({ a: 3 }, { observedAt: NOON_MS + 2 }));
  assert.equal(on.flush(NOON_MS + 999), null);
  assert.deepEqual(billed(on.flush(NOON_MS + 1000)), { a: 3 });
});

test('commits no offset before the days that it and those before it dirtied are out', () => {
  const on = started();
  on.append(costReports, report({ a: 1 }));
  on.flush(NOON_MS);
  on.append(costReports, report({ a: 2 }, { observedAt: NOON_MS + 1 }));
  on.append(usageTotals, total('a', 1n, { day: day('2026-03-08') }));
  on.append(costReports, report({ a: 7 }, { day: day('2026-03-08') }));
  assert.deepEqual(billed(on.flush(NOON_MS + 500)), { a: 7 });
  assert.deepEqual([on.offsetOf(costReports), on.offsetOf(usageTotals)], [1, 1], 'the first day waits');
  assert.deepEqual(billed(on.flush(LATER_MS)), { a: 2 });
  assert.deepEqual([on.offsetOf(costReports), on.offsetOf(usageTotals)], [3, 1]);
});

test('writes a refusal once, with the offset of its record, though a day before it waits while owners come and go', () => {
  const on = started();
  on.append(costReports, report({ a: 1 }));
  on.flush(NOON_MS);
  on.append(costReports, report({ a: 2 }, { observedAt: NOON_MS + 1 }));
  const refused = on.appendBytes(costReports.name, { value: Buffer.from('no report') });
  on.append(costReports, report({ a: 7 }, { day: day('2026-03-08') }));
  const flushes = [on.flush(NOON_MS + 500), on.restart().flush(LATER_MS), on.restart().flush(2 * LATER_MS)];
  assert.deepEqual(
    flushes.map((flushed) => flushed?.letters.map(({ offset }) => offset) ?? []),
    [[], [refused], []],
  );
  assert.equal(on.offsetOf(costReports), 4);
});

test('leaves days for the next flush when computing takes long, the newest day first', () => {
  let clockMs = 0;
  const on = started({
    clockMs: () => {
      clockMs += 400;
      return clockMs;
    },
  });
  const days = ['2026-03-05', '2026-03-06', '2026-03-07', '2026-03-08', '2026-03-09'];
  for (const one of days) on.append(costReports, report({ a: 1 }, { day: day(one) }));
  assert.deepEqual(daysOf(on.flush()), ['2026-03-09', '2026-03-08', '2026-03-07']);
  assert.equal(on.offsetOf(costReports), 0);
  assert.deepEqual(daysOf(on.flush()), ['2026-03-06', '2026-03-05']);
  assert.equal(on.offsetOf(costReports), 5);
});

test('writes nothing after a restart when nothing has come', () => {
  const on = started();
  on.append(costReports, report({ a: 3, b: 5 }));
  on.flush();
  on.restart();
  assert.equal(on.flush(LATER_MS), null);
});

test('writes only the documents that changed for what comes after a restart', () => {
  const on = started();
  on.append(costReports, report({ a: 3, b: 5, shared: 4 }));
  on.append(usageTotals, total('b', 4n));
  on.flush();
  on.restart().fold();
  on.append(costReports, report({ a: 4, b: 5 }, { observedAt: NOON_MS + 1 }));
  const flushed = on.flush(LATER_MS);
  assert.deepEqual(billed(flushed), { a: 4, b: 5 });
  on.restart().fold();
  on.append(costReports, report({ b: 5 }, { observedAt: NOON_MS + 2 }));
  assert.deepEqual(billed(on.flush(LATER_MS)), { a: 0 }, 'a is emptied, b is left alone');
});

test('replaces whatever an earlier owner may have written and not committed', () => {
  const on = started();
  on.append(costReports, report({ a: 3 }));
  on.flush();
  on.append(costReports, report({ b: 9, shared: 2 }, { currency: 'EUR', observedAt: NOON_MS + 1 }));
  const lost = on.flush(LATER_MS, true);
  on.append(costReports, report({ a: 3 }, { observedAt: NOON_MS + 2 }));
  const flushed = on.restart().flush(LATER_MS);
  for (const { tenant, currency, revision } of lost?.documents ?? []) {
    const after = flushed?.documents.find((one) => one.tenant === tenant && one.currency === currency);
    assert.ok(after && after.revision > revision, `${tenant} ${currency} is replaced`);
  }
  const withLines = flushed?.documents.filter(({ lines }) => lines.length > 0);
  assert.deepEqual(
    withLines?.map(({ tenant, currency }) => [tenant, currency]),
    [['a', 'USD']],
  );
  assert.deepEqual(
    flushed?.statements.map(({ currency, sources }) => [currency, sources.length]),
    [
      ['USD', 1],
      ['EUR', 0],
    ],
  );
});

test('computes nothing before it has read what an earlier owner may have read', () => {
  const on = started();
  on.append(costReports, report({ a: 1 }));
  on.append(costReports, report({ a: 2 }, { observedAt: NOON_MS + 1 }));
  on.restart();
  const [first, second] = on.logOf(costReports.name);
  assert.ok(first && second);
  for (const record of on.logOf(catalogs.name)) on.task.fold(record);
  on.task.fold(first);
  assert.equal(on.task.flush(LATER_MS), null);
  on.task.fold(second);
  assert.equal(on.task.flush(LATER_MS)?.records.length, new Set(['a', 'b', UNALLOCATED, 'statement']).size);
});

test('writes nothing again for what was committed while another day waited', () => {
  const on = started();
  on.append(costReports, report({ a: 1 }));
  on.flush();
  on.append(costReports, report({ a: 2 }, { observedAt: NOON_MS + 1 }));
  on.append(costReports, report({ a: 7 }, { day: day('2026-03-08') }));
  on.append(costReports, report({ a: 6 }, { day: day('2026-03-07') }));
  assert.deepEqual(daysOf(on.flush(NOON_MS + 1)), ['2026-03-08', '2026-03-07']);
  assert.deepEqual(daysOf(on.restart().flush(LATER_MS)), ['2026-03-09', '2026-03-08', '2026-03-07']);
  assert.equal(on.restart().flush(LATER_MS), null);
});

test('writes the days that a catalog touched while it was away, and no others', () => {
  const on = started();
  on.append(costReports, report({ a: 3, b: 5 }));
  on.append(costReports, report({ a: 3 }, { day: day('2026-03-08') }));
  on.flush();
  const expected = [{ source: 'aws', account: '1', from: '2026-03-09' }];
  on.append(catalogs, catalog({ expected }));
  const flushed = on.restart().flush(LATER_MS);
  assert.deepEqual(daysOf(flushed), ['2026-03-09']);
  assert.deepEqual(billed(flushed), { a: 3, b: 5, [UNALLOCATED]: 0 });
  assert.equal(flushed?.documents[0]?.status, 'estimated');
  assert.equal(on.restart().flush(LATER_MS), null);
});

test('after a replay was promoted, its days are written whole once, and go on with its version', () => {
  const on = started();
  on.append(costReports, report({ a: 3, b: 5 }));
  on.append(costReports, report({ a: 3 }, { day: day('2026-03-08') }));
  on.flush();
  const promotion = { from: day('2026-03-09'), to: day('2026-03-09'), calcVersion: 4 };
  on.append(catalogs, catalog({}, [promotion]));
  const versions = (flushed: Flushed | null) =>
    flushed?.documents.map(({ day: of, tenant, calcVersion }) => [formatDay(of), tenant, calcVersion]);
  const whole = [
    ['2026-03-09', 'a', 4],
    ['2026-03-09', 'b', 4],
    ['2026-03-09', UNALLOCATED, 4],
  ];
  const flushed = on.flush(LATER_MS);
  assert.deepEqual(versions(flushed), whole, 'readers may hold whatever the replay has made');
  assert.deepEqual(
    flushed?.statements.map(({ calcVersion }) => calcVersion),
    [4],
  );
  on.append(catalogs, catalog({ currency: 'USD' }));
  on.append(costReports, report({ a: 4 }, { observedAt: NOON_MS + 1 }));
  on.append(costReports, report({ a: 4 }, { day: day('2026-03-08'), observedAt: NOON_MS + 1 }));
  on.restart();
  const after = on.flush(LATER_MS + LATER_MS)?.documents ?? [];
  const versionsOn = (text: string) =>
    new Set(after.filter((one) => one.day === day(text)).map((one) => one.calcVersion));
  assert.deepEqual([versionsOn('2026-03-08'), versionsOn('2026-03-09')], [new Set([1]), new Set([4])]);
});

test('attributes the days alone that it is told to', () => {
  const on = started({ days: { from: day('2026-03-08'), to: day('2026-03-09') } });
  for (const one of ['2026-03-07', '2026-03-08', '2026-03-09', '2026-03-10']) {
    on.append(costReports, report({ a: 1 }, { day: day(one) }));
    on.append(usageTotals, total('a', 1n, { day: day(one) }));
  }
  assert.deepEqual(daysOf(on.flush(LATER_MS))?.toSorted(), ['2026-03-08', '2026-03-09']);
  assert.deepEqual([on.offsetOf(costReports), on.offsetOf(usageTotals)], [4, 4]);
});

test('writes only what a catalog changed of days that were out before a restart', () => {
  const on = started();
  on.append(costReports, report({ a: 3, b: 5 }));
  on.append(costReports, report({ a: 3 }, { day: day('2026-03-08') }));
  on.flush();
  on.restart().fold();
  on.append(catalogs, catalog({ rules: [{ id: 'b', match: { namespace: 'b' }, assign: { tenant: 'b' } }] }));
  on.append(costReports, report({ a: 3, b: 6 }, { observedAt: NOON_MS + 1 }));
  const flushed = on.flush(LATER_MS);
  const changed = flushed?.documents.map(({ day: of, tenant, lines }) => [formatDay(of), tenant, lines.length]);
  assert.deepEqual(changed, [
    ['2026-03-09', UNALLOCATED, 1],
    ['2026-03-09', 'b', 1],
    ['2026-03-09', 'a', 0],
    ['2026-03-08', UNALLOCATED, 1],
    ['2026-03-08', 'a', 0],
  ]);
});

test('leaves alone what a catalog does not touch, and still knows it with a later one', () => {
  const on = started();
  on.append(costReports, report({ a: 3 }));
  on.flush();
  on.restart().fold();
  on.append(catalogs, catalog({ expected: [{ source: 'aws', account: '1', from: '2026-03-10' }] }));
  assert.deepEqual(on.flush(LATER_MS)?.documents, [], 'its position is committed');
  on.append(catalogs, catalog({ expected: [{ source: 'aws', account: '1' }] }));
  assert.deepEqual(billed(on.flush(LATER_MS)), { a: 3 });
});

test('does not commit a catalog before the days that it touches are out', () => {
  const on = started();
  on.append(costReports, report({ a: 3 }));
  on.append(costReports, report({ a: 3 }, { day: day('2026-03-08') }));
  on.flush(NOON_MS);
  on.append(costReports, report({ a: 4 }, { day: day('2026-03-07') }));
  on.append(catalogs, catalog({ rules: [{ id: 'all', match: {}, assign: { tenant: 'b' } }] }));
  assert.deepEqual(daysOf(on.flush(NOON_MS + 1)), ['2026-03-07']);
  assert.deepEqual(daysOf(on.restart().flush(LATER_MS)), ['2026-03-09', '2026-03-08', '2026-03-07']);
});

test('with a wider horizon after a restart, what was refused before is in the documents', () => {
  const on = started({ horizonDays: 30 });
  on.append(costReports, report({ a: 1 }));
  on.append(costReports, report({ a: 7 }, { day: day('2026-01-20') }));
  assert.deepEqual(
    on.flush()?.letters.map(({ reason }) => reason),
    ['beyond_horizon'],
  );
  assert.equal(on.restart().flush(LATER_MS), null);
  on.config.horizonDays = 90;
  assert.deepEqual(daysOf(on.restart().flush(LATER_MS)), ['2026-03-09', '2026-01-20']);
  assert.equal(on.restart().flush(LATER_MS), null);
});

test('what is sent again is in the documents, also where a restart had taken it for an input meanwhile', () => {
  const on = started();
  on.append(usageTotals, total('b', 4n));
  on.append(costReports, report({ shared: 4 }));
  on.flush();
  // Refused when they came, for a schema that the registry did not have say, and committed as such.
  on.append(costReports, report({ a: 7 }, { account: 'other' }));
  on.append(usageTotals, total('a', 4n));
  on.task.advance(costReports.name, 2);
  on.committed = new Map([...on.committed].map(([topic, one]) => [topic, { ...one, offset: 2 }]));
  assert.equal(on.restart().flush(LATER_MS), null);
  on.append(costReports, report({ a: 7 }, { account: 'other' }));
  assert.deepEqual(billed(on.flush(LATER_MS)), { a: 9, b: 2, [UNALLOCATED]: 0 });
  on.append(usageTotals, total('a', 4n));
  assert.deepEqual(billed(on.flush(2 * LATER_MS)), { a: 9, b: 2, [UNALLOCATED]: 0 });
});

test('a catalog changes no day that is long closed, whenever the process was started', () => {
  const late = NOON_MS + 500 * 86_400_000;
  const without = { rules: [] };
  const outcomes = [false, true].map((restarts) => {
    const on = started();
    on.append(costReports, report({ a: 1 }));
    on.flush();
    on.append(costReports, report({ b: 2 }, { day: addDays(day('2026-03-09'), 500) }), late);
    on.flush(late);
    on.append(catalogs, catalog(without), late);
    if (restarts) on.restart();
    return daysOf(on.flush(late + 3_600_000));
  });
  assert.deepEqual(outcomes[0], outcomes[1]);
  assert.deepEqual(outcomes[0], ['2027-07-22']);
});

test('sends no dead letter twice, and commits none before it is out', () => {
  const on = started();
  on.appendBytes(usageTotals.name, {});
  assert.equal(on.flush(NOON_MS, true)?.letters.length, 1);
  assert.equal(on.restart().flush()?.letters.length, 1);
  assert.equal(on.restart().flush(), null);
});

test('leaves the dead letters of the catalog to one task', () => {
  const on = started();
  on.appendBytes(catalogs.name, {});
  assert.equal(on.flush()?.letters.length, 1);
  assert.equal(on.restart().flush(), null);
});

test('goes on after the offsets were reset to the beginning by hand, by writing every day again', () => {
  const on = started();
  on.append(costReports, report({ a: 3 }));
  on.flush();
  on.committed = new Map([costReports.name, usageTotals.name].map((topic) => [topic, { offset: 0, metadata: '' }]));
  assert.deepEqual(billed(on.restart().flush(LATER_MS)), { a: 3, b: 0, [UNALLOCATED]: 0 });
});

function started(config: ConstructorParameters<typeof TaskOnLogs>[0] = {}): TaskOnLogs {
  const on = new TaskOnLogs(config);
  on.append(catalogs, catalog());
  return on.restart().fold();
}

/** Whole units billed by tenant. */
function billed(flushed: Flushed | null): Record<string, number> {
  const documents = flushed?.documents ?? [];
  return Object.fromEntries(documents.map((document) => [document.tenant, Number(document.billed / 10n ** 12n)]));
}

function daysOf(flushed: Flushed | null): string[] {
  return [...new Set(flushed?.documents.map((document) => formatDay(document.day)))];
}
