import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UNALLOCATED } from '../schemas/attribution-document.ts';
import { DAY_MS } from '../schemas/day.ts';
import { catalogs, costReports, usageTotals } from '../schemas/topics.ts';
import { catalog, day, type Flushed, NOON_MS, report, TaskOnLogs, total } from './attribute/testing/task-on-logs.ts';

test('gives each tenant its document and the day its statement', () => {
  const on = started();
  on.append(costReports, report({ a: 3, b: 5, shared: 8, other: 1 }));
  on.append(usageTotals, total('a', 1000n));
  on.append(usageTotals, total('b', 3000n));
  const flushed = must(on.flush());
  assert.deepEqual(billed(flushed), { [UNALLOCATED]: 1, a: 5, b: 11 });
  assert.equal(flushed.statements.length, 1);
  assert.deepEqual(
    flushed.statements[0]?.usage.map(({ quantity }) => quantity),
    [2n, 4000n],
  );
});

test('writes only the documents that changed', () => {
  const on = started();
  on.append(costReports, report({ a: 3, b: 5 }));
  assert.deepEqual(billed(must(on.flush())), { a: 3, b: 5 });
  on.append(costReports, report({ a: 3, b: 6 }, { observedAt: NOON_MS + 1 }));
  assert.deepEqual(billed(must(on.flush(NOON_MS + 5000))), { b: 6 });
});

test('writes the statement alone when only its content changed', () => {
  const on = started();
  on.append(costReports, report({ a: 3 }));
  on.flush();
  on.append(costReports, report({ a: 3 }, { observedAt: NOON_MS + 1 }));
  const flushed = must(on.flush(NOON_MS + 5000));
  assert.deepEqual([flushed.documents.length, flushed.statements.length], [0, 1]);
});

test('commits without writing when nothing came of a record', () => {
  const on = started();
  on.append(costReports, report({ a: 3 }));
  on.flush();
  on.append(costReports, report({ a: 4 }, { observedAt: NOON_MS - 1 }));
  const flushed = must(on.flush(NOON_MS + 5000));
  assert.deepEqual([flushed.documents.length, flushed.statements.length, on.offsetOf(costReports)], [0, 0, 2]);
  assert.equal(on.flush(NOON_MS + 10_000), null);
});

test('writes one empty document when the last line of a tenant vanishes', () => {
  const on = started();
  on.append(costReports, report({ a: 3, b: 5 }));
  on.flush();
  on.append(costReports, report({ a: 3 }, { observedAt: NOON_MS + 1 }));
  const vanished = must(on.flush(NOON_MS + 5000)).documents;
  assert.deepEqual(
    vanished.map(({ tenant, lines, billed: amount, status }) => [tenant, lines.length, amount, status]),
    [['b', 0, 0n, 'final']],
  );
  on.append(costReports, report({ a: 4 }, { observedAt: NOON_MS + 2 }));
  assert.deepEqual(billed(must(on.flush(NOON_MS + 10_000))), { a: 4 });
});

test('empties the documents and the statement of a currency that the day no longer has', () => {
  const on = started();
  on.append(costReports, report({ a: 3 }, { currency: 'EUR' }));
  on.flush();
  on.append(costReports, report({ a: 3 }, { observedAt: NOON_MS + 1 }));
  const flushed = must(on.flush(NOON_MS + 5000));
  assert.deepEqual(
    flushed.documents.map(({ currency, lines }) => [currency, lines.length]),
    [
      ['USD', 1],
      ['EUR', 0],
    ],
  );
  assert.deepEqual(
    flushed.statements.map(({ currency, sources }) => [currency, sources.length]),
    [
      ['USD', 1],
      ['EUR', 0],
    ],
  );
});

test('keeps the newer of two reports and of two totals, whichever comes first', () => {
  const on = started();
  on.append(costReports, report({ shared: 10 }, { observedAt: NOON_MS + 1 }));
  on.append(costReports, report({ shared: 20 }));
  on.append(usageTotals, total('a', 9n, { through: 7 }));
  on.append(usageTotals, total('a', 1n, { through: 3 }));
  on.append(usageTotals, total('b', 1n));
  assert.deepEqual(billed(must(on.flush())), { a: 9, b: 1 });
});

test('raises the revision with every record that it folds', () => {
  const on = started();
  on.append(costReports, report({ a: 1 }));
  const first = must(on.flush()).documents[0];
  on.append(costReports, report({ a: 2 }, { observedAt: NOON_MS + 1 }));
  const second = must(on.flush(NOON_MS + 5000)).documents[0];
  on.append(usageTotals, total('b', 1n));
  on.append(costReports, report({ a: 3 }, { observedAt: NOON_MS + 2 }));
  const third = must(on.flush(NOON_MS + 10_000)).documents[0];
  assert.deepEqual([first?.revision, second?.revision, third?.revision], [2, 3, 5]);
  assert.equal(first?.calcVersion, 1);
});

test('computes nothing and commits nothing before there is a catalog, and says so', () => {
  const on = new TaskOnLogs();
  on.append(costReports, report({ a: 3 }));
  assert.equal(on.flush(), null);
  assert.match(on.task.waitingFor ?? '', /apportion catalog apply/);
  on.append(catalogs, catalog());
  assert.deepEqual(billed(must(on.flush())), { a: 3 });
  assert.deepEqual([on.offsetOf(costReports), on.task.waitingFor], [1, null]);
});

test('recomputes the days that a new catalog touches, and no others', () => {
  const on = started();
  on.append(costReports, report({ a: 3 }, { day: day('2026-03-08') }));
  on.append(costReports, report({ a: 3 }, { day: day('2026-03-09') }));
  on.flush();
  const rules = [
    { id: 'a', match: { namespace: 'a' }, to: '2026-03-09', assign: { tenant: 'a' } },
    { id: 'a2', match: { namespace: 'a' }, from: '2026-03-09', assign: { tenant: 'b' } },
  ];
  on.append(catalogs, catalog({ rules }));
  const flushed = must(on.flush(NOON_MS + 5000));
  assert.deepEqual(billed(flushed), { a: 0, b: 3 });
  assert.ok(flushed.documents.every((document) => document.day === day('2026-03-09')));
});

test('goes on with the catalog that it has when a wrong one comes', () => {
  const on = started();
  on.append(catalogs, { document: '{"version":1}', digest: '', appliedAt: 0, promotions: [] });
  on.append(costReports, report({ a: 3 }));
  const flushed = must(on.flush());
  assert.deepEqual(billed(flushed), { a: 3 });
  assert.deepEqual(
    flushed.letters.map(({ topic, offset, reason }) => [topic, offset, reason]),
    [['catalog.v1', 1, 'invalid']],
  );
});

test('refuses an input for a day beyond the horizon, by the time of its record alone', () => {
  const on = started({ horizonDays: 10 });
  on.append(costReports, report({ a: 1 }, { day: day('2026-02-28') }));
  on.append(costReports, report({ a: 2 }, { day: day('2026-02-27') }));
  on.append(usageTotals, total('a', 1n, { day: day('2026-02-27') }));
  const flushed = must(on.flush(NOON_MS + 1000 * DAY_MS));
  assert.deepEqual(billed(flushed), { a: 1 });
  assert.deepEqual(
    flushed.letters.map(({ topic, offset, reason }) => [topic, offset, reason]),
    [
      ['cost-reports.v1', 1, 'beyond_horizon'],
      ['usage-totals.v1', 0, 'beyond_horizon'],
    ],
  );
  assert.equal(on.offsetOf(costReports), 2);
});

test('forgets a day once clock and records have left it behind the horizon', () => {
  const on = started({ horizonDays: 10 });
  on.append(costReports, report({ a: 1 }, { day: day('2026-03-01') }));
  on.flush();
  const later = NOON_MS + 30 * DAY_MS;
  on.append(costReports, report({ a: 1 }, { day: day('2026-04-08') }), later);
  on.flush(later);
  on.append(costReports, report({ a: 2 }, { day: day('2026-03-01'), observedAt: NOON_MS + 1 }), NOON_MS);
  const flushed = must(on.flush(later + 5000));
  assert.deepEqual(flushed.documents, [], 'computing it from this report alone would drop all others');
  assert.deepEqual(
    flushed.letters.map(({ reason }) => reason),
    ['beyond_horizon'],
  );
});

test('sends what is no input to the dead letters with its bytes, and the day goes on', () => {
  const on = started();
  const headers = [{ name: 'trace', value: Buffer.from('x') }];
  on.appendBytes(costReports.name, { key: Buffer.from('k'), value: Buffer.from('nonsense'), headers });
  on.appendBytes(usageTotals.name, {});
  on.append(costReports, report({ a: 1 }, { currency: 'usd' }));
  on.append(costReports, report({ a: 1 }, { source: '' }));
  on.append(usageTotals, total('a', -1n));
  on.append(costReports, report({ a: 1 }, { day: day('2028-03-09') }));
  on.appendBytes(costReports.name, { ...on.logOf(costReports.name)[1], offset: 4, key: Buffer.from('other') });
  on.append(costReports, report({ a: 1 }));
  const flushed = must(on.flush());
  assert.deepEqual(billed(flushed), { a: 1 });
  assert.deepEqual(
    flushed.letters.map(({ topic, offset, reason }) => [topic, offset, reason]),
    [
      ['cost-reports.v1', 0, 'undecodable'],
      ['cost-reports.v1', 1, 'invalid'],
      ['cost-reports.v1', 2, 'empty_id'],
      ['cost-reports.v1', 3, 'in_future'],
      ['cost-reports.v1', 4, 'invalid'],
      ['usage-totals.v1', 0, 'empty'],
      ['usage-totals.v1', 1, 'invalid'],
    ],
  );
  assert.deepEqual(flushed.letters[0]?.value, Buffer.from('nonsense'));
  assert.deepEqual(
    flushed.letters[0]?.headers.map(({ name, value }) => ({ name, value })),
    headers,
  );
  assert.deepEqual([on.offsetOf(costReports), on.offsetOf(usageTotals)], [6, 2]);
});

test('refuses a report under the key of another, which it would delete from the topic', () => {
  const on = started();
  on.append(costReports, report({ a: 1 }));
  on.appendBytes(costReports.name, { ...on.logOf(costReports.name)[0], offset: 1, key: Buffer.from('other') });
  assert.deepEqual(
    must(on.flush()).letters.map(({ reason }) => reason),
    ['wrong_key'],
  );
});

function started(config: ConstructorParameters<typeof TaskOnLogs>[0] = {}): TaskOnLogs {
  const on = new TaskOnLogs(config);
  on.append(catalogs, catalog());
  return on.restart();
}

function must(flushed: Flushed | null): Flushed {
  assert.ok(flushed, 'there is something to flush');
  return flushed;
}

/** Whole units billed by tenant. */
function billed({ documents }: Flushed): Record<string, number> {
  return Object.fromEntries(documents.map((document) => [document.tenant, Number(document.billed / 10n ** 12n)]));
}
