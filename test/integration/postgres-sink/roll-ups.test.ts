import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AttributionDocument } from '../../../schemas/attribution-document.ts';
import { addDays, formatDay } from '../../../schemas/day.ts';
import type { Amount, Day } from '../../../schemas/scalars.ts';
import { attributions } from '../../../schemas/topics.ts';
import { unitsOf } from '../../../sinks/postgres/values.ts';
import { day, document, line } from './records.ts';
import { freshSink } from './sink-world.ts';

const sink = await freshSink();
/** A run writes to a real database, which takes a hundred times as long as arithmetic. */
const RUNS = Math.max(20, Number(process.env['PROPERTY_RUNS'] ?? 500) / 10);
let histories = 0;

/** Around the end of a year: days of one ISO week in two months and two years. */
const FIRST_DAY = day('2026-12-22');

const amounts = fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }).map((units) => units as Amount);
const lines = fc.array(
  fc.record({
    product: fc.constantFrom('asr', 'voicebot', ''),
    source: fc.constantFrom('aws', 'cast-ai'),
    service: fc.constantFrom('Amazon S3', ''),
    billed: amounts,
    effective: amounts,
  }),
  { maxLength: 6 },
);
const documents = fc.record({
  tenant: fc.constantFrom('a', 'b', '__unallocated__'),
  dayNumber: fc.nat(20),
  currency: fc.constantFrom('USD', 'EUR'),
  calcVersion: fc.integer({ min: 1, max: 2 }),
  revision: fc.integer({ min: 1, max: 9 }),
  lines,
});
/** Flushes of documents, as they may come: repeated, restated, out of order. */
const history = fc.array(fc.array(documents, { maxLength: 8 }), { minLength: 1, maxLength: 6 });

test('weeks and months are the sums of the days, to the last unit, after any history', async () => {
  await fc.assert(
    fc.asyncProperty(history, async (flushes) => {
      histories += 1;
      const made = flushes.map((flush) =>
        flush.map(({ dayNumber, ...fields }) => documentOf(histories, dayNumber, fields)),
      );
      for (const flush of made) await sink.write(attributions, flush);
      const standing = newest(made.flat());
      for (const period of ['week', 'month'] as const) {
        assert.deepEqual(await rollUpOf(period, histories), naive(standing, period), period);
      }
      const days = await sink.rows('SELECT sum(billed) AS billed FROM tenant_day_cost WHERE tenant LIKE $1', [
        `${histories}-%`,
      ]);
      const months = await sink.rows('SELECT sum(billed) AS billed FROM tenant_month_cost WHERE tenant LIKE $1', [
        `${histories}-%`,
      ]);
      assert.deepEqual(days, months);
    }),
    { numRuns: RUNS },
  );
});

test('two tasks that come to the same tenant at once still leave the sum of its days', async () => {
  // Which happens when the topic is given more partitions: a tenant's days then lie in two of them.
  const tenant = 'shared';
  const owners = await Promise.all([11, 12, 13].map((partition) => sink.own(attributions, partition)));
  for (let round = 1; round <= 10; round++) {
    for (const [index, partition] of [11, 12, 13].entries()) {
      const restated = [0, 1, 2].map((n) =>
        document({
          tenant,
          day: addDays(day('2026-09-07'), index * 3 + n),
          revision: round,
          lines: linesOf(round + n),
        }),
      );
      sink.append(attributions, restated, { partition });
    }
    await Promise.all(owners.map((owner) => owner.commit()));
  }
  const [weeks] = await sink.rows(
    `SELECT (SELECT sum(billed) FROM tenant_week WHERE tenant = $1) AS weeks, sum(billed) AS days, count(*)::int AS lines,
       (SELECT sum(lines)::int FROM tenant_week WHERE tenant = $1) AS counted
     FROM attribution_line WHERE tenant = $1`,
    [tenant],
  );
  assert.equal(weeks?.['weeks'], weeks?.['days']);
  assert.equal(weeks?.['counted'], weeks?.['lines']);
});

function linesOf(count: number) {
  return Array.from({ length: count }, (_, n) => line({ service: `s${n % 5}`, billed: BigInt(n * count) as Amount }));
}

function documentOf(
  run: number,
  dayNumber: number,
  fields: Pick<AttributionDocument, 'tenant' | 'currency' | 'calcVersion' | 'revision'> & {
    lines: readonly Partial<AttributionDocument['lines'][number]>[];
  },
): AttributionDocument {
  return document({
    ...fields,
    tenant: `${run}-${fields.tenant}`,
    day: addDays(FIRST_DAY, dayNumber),
    lines: fields.lines.map(line),
  });
}

/** Of each key the greatest version; of equals the last. */
function newest(all: readonly AttributionDocument[]): AttributionDocument[] {
  const standing = new Map<string, AttributionDocument>();
  for (const one of all) {
    const key = JSON.stringify([one.tenant, one.day, one.currency]);
    const held = standing.get(key);
    const version = one.calcVersion * 100 + one.revision;
    if (held === undefined || version >= held.calcVersion * 100 + held.revision) standing.set(key, one);
  }
  return [...standing.values()];
}

function naive(standing: readonly AttributionDocument[], period: 'week' | 'month'): Map<string, bigint[]> {
  const sums = new Map<string, bigint[]>();
  for (const { tenant, day, currency, lines } of standing) {
    for (const { product, source, service, billed, effective } of lines) {
      const key = [tenant, startOf(day, period), currency, product, source, service].join('|');
      const [b = 0n, e = 0n, n = 0n] = sums.get(key) ?? [];
      sums.set(key, [b + billed, e + effective, n + 1n]);
    }
  }
  return new Map([...sums].sort());
}

/** By walking back to a Monday or a first, which is slow and plain. */
function startOf(day: Day, period: 'week' | 'month'): string {
  const isStart = (date: Date) => (period === 'week' ? date.getUTCDay() === 1 : date.getUTCDate() === 1);
  let start = day;
  while (!isStart(new Date(formatDay(start)))) start = addDays(start, -1);
  return formatDay(start);
}

async function rollUpOf(period: 'week' | 'month', run: number): Promise<Map<string, bigint[]>> {
  const rows = await sink.rows(
    `SELECT concat_ws('|', tenant, ${period}::text, currency, product, source, service) AS key, billed, effective, lines
     FROM tenant_${period} WHERE tenant LIKE $1`,
    [`${run}-%`],
  );
  return new Map(
    rows
      .map(({ key, billed, effective, lines }): [string, bigint[]] => [
        String(key),
        [unitsOf(String(billed)), unitsOf(String(effective)), BigInt(String(lines))],
      ])
      .sort(),
  );
}
