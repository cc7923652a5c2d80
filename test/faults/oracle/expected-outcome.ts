/**
 * What must come of an input, from the input alone: the records of catalogs, calls, samples and cost reports in the order
 * the broker has them. Plain code that knows of no processor, task, batch or restart; metering by the naive meter of the
 * simulation, allocation by the rules written down a second time.
 */
import { newestReport } from '../../../attribution/newest-report.ts';
import { parseCatalog } from '../../../attribution/parse-catalog.ts';
import { expectedDay } from '../../../attribution/testing/oracle.ts';
import type { World } from '../../../commands/world.ts';
import { Undecodable } from '../../../runtime/task.ts';
import type { Catalog } from '../../../schemas/catalog.ts';
import type { CostReport } from '../../../schemas/cost-report.ts';
import type { Day } from '../../../schemas/scalars.ts';
import { calls, catalogs, costReports, type Topic, usage } from '../../../schemas/topics.ts';
import type { UsageTotal } from '../../../schemas/usage-total.ts';
import type { Ledger } from '../../simulation/ledger.ts';
import { comparable } from '../comparable.ts';
import { type Letter, letterOf } from '../letter.ts';
import type { Outcome } from '../outcome.ts';
import { presentValue, readValues } from '../read-values.ts';
import { type Line, PartitionMeter } from './partition-meter.ts';

export interface Expected extends Outcome {
  /** Records of calls in the topic: a sender may have repeated what was not acknowledged. */
  readonly lines: number;
}

export async function expectedOutcome(world: World): Promise<Expected> {
  const ofCalls = await metered(world, calls, (call) => ({ is: 'call', call }));
  const ofSamples = await metered(world, usage, (sample) => ({ is: 'sample', sample }));
  const reports = await newestReports(world);
  const totals = [...ofCalls.totals, ...ofSamples.totals];
  const ledger = ledgerOfDays(reports.newest, totals, await catalogInForce(world));
  const letters = [...ofCalls.letters, ...ofSamples.letters, ...reports.letters];
  return { postgres: ledger, subscriber: ledger, letters, lines: ofCalls.records };
}

interface Metered {
  readonly totals: readonly UsageTotal[];
  readonly letters: readonly Letter[];
  readonly records: number;
}

async function metered<T>(world: World, topic: Topic<T>, lineOf: (value: T) => Line): Promise<Metered> {
  const { openDays } = world.settings;
  const meters = new Map<number, PartitionMeter>();
  const letters: Letter[] = [];
  let records = 0;
  await readValues(world, topic, (value, record) => {
    records += 1;
    const meter = meters.get(record.partition) ?? new PartitionMeter(openDays);
    meters.set(record.partition, meter);
    const refused = value instanceof Undecodable ? value.reason : meter.take(lineOf(value));
    if (refused !== null) letters.push(letterOf('meter', refused, record));
  });
  return { totals: [...meters.values()].flatMap((meter) => meter.totals()), letters, records };
}

/** The catalog applied last counts on all days, as far as its own dates reach. */
async function catalogInForce(world: World): Promise<Catalog> {
  const applied: string[] = [];
  await readValues(world, catalogs, (value) => applied.push(presentValue(catalogs, value).document));
  const parsed = parseCatalog(JSON.parse(applied.at(-1) ?? 'null'));
  if (!parsed.ok) throw new Error(`The catalog in force is wrong: ${JSON.stringify(parsed.faults)}`);
  return parsed.catalog;
}

/** What cannot be read is refused by each of its two readers. */
async function newestReports(world: World): Promise<{ newest: readonly CostReport[]; letters: Letter[] }> {
  const newest = new Map<string, CostReport>();
  const letters: Letter[] = [];
  await readValues(world, costReports, (report, record) => {
    if (report instanceof Undecodable) {
      letters.push(...['attribute', 'postgres-sink'].map((reader) => letterOf(reader, report.reason, record)));
      return;
    }
    const key = costReports.key(report);
    const other = newest.get(key);
    newest.set(key, other === undefined ? report : newestReport(report, other));
  });
  return { newest: [...newest.values()], letters };
}

function ledgerOfDays(reports: readonly CostReport[], totals: readonly UsageTotal[], catalog: Catalog): Ledger {
  const reportsOf = Map.groupBy(reports, ({ day }) => day);
  const totalsOf = Map.groupBy(totals, ({ day }) => day);
  const days = [...new Set<Day>([...reportsOf.keys(), ...totalsOf.keys()])].sort((a, b) => a - b);
  const entries = days.flatMap((day) => {
    const stamp = { calcVersion: 0, revision: 0 };
    const inputs = { day, reports: reportsOf.get(day) ?? [], totals: totalsOf.get(day) ?? [], stamp };
    const { documents, statements } = expectedDay(inputs, catalog);
    return [
      ...documents.map((one): [string, string] => [keyOf(one, ['day', 'tenant', 'currency']), JSON.stringify(one)]),
      ...statements.map((one): [string, string] => [keyOf(one, ['day', 'currency']), JSON.stringify(one)]),
    ];
  });
  return comparable(new Map(entries));
}

function keyOf(value: Readonly<Record<string, unknown>>, names: readonly string[]): string {
  return JSON.stringify(names.map((name) => value[name]));
}
