import { allocateDay, type DayOutcome } from '../../attribution/allocate-day.ts';
import type { CompiledCatalog } from '../../attribution/compile-catalog.ts';
import type { Day } from '../../schemas/scalars.ts';
import type { SourceStatement } from '../../schemas/statement.ts';
import type { StandingInputs } from '../read-standing.ts';
import { documentDifferences } from '../replay/differences.ts';
import { type Flow, Flows } from './flows.ts';

/** A day computed twice. */
export interface SimulatedDay {
  readonly day: Day;
  readonly flows: readonly Flow[];
  /** Documents that differ in anything: an amount, a line, the status. */
  readonly documents: number;
  /** What each report brings in. */
  readonly reports: readonly SimulatedReport[];
}

/** A report of a day, in the currency that it is computed in: another catalog may convert it by another rate. */
export interface SimulatedReport {
  readonly before: CameIn;
  readonly after: CameIn;
}

export type CameIn = Pick<SourceStatement, 'in' | 'rate'> & { readonly currency: string };

/**
 * Computes each day of the inputs with two catalogs, day after day: only one day's documents are ever in memory.
 *
 * @throws Error when a single unit of money would be lost or made
 */
export function* simulateDays(
  inputs: StandingInputs,
  before: CompiledCatalog,
  after: CompiledCatalog,
): Generator<SimulatedDay> {
  for (const day of daysOf(inputs)) yield simulateDay(day, inputs, before, after);
}

/** The days that there is anything of, rising. */
export function daysOf({ reports, totals }: StandingInputs): readonly Day[] {
  return [...new Set([...reports.keys(), ...totals.keys()])].sort((a, b) => a - b);
}

function simulateDay(day: Day, inputs: StandingInputs, before: CompiledCatalog, after: CompiledCatalog): SimulatedDay {
  const reports = inputs.reports.get(day) ?? [];
  const totals = inputs.totals.get(day) ?? [];
  const compute = (catalog: CompiledCatalog): DayOutcome => allocateDay({ day, reports, totals, stamp }, catalog);
  const [was, becomes] = [compute(before), compute(after)];
  const flows = new Flows();
  flows.addDay('before', was, reports, before);
  flows.addDay('after', becomes, reports, after);
  const cameIn = [reportsOf(was), reportsOf(becomes)] as const;
  return {
    day,
    flows: flows.list(),
    documents: documentDifferences(was.documents, becomes.documents).length,
    reports: [...cameIn[0]].map(([report, row]) => ({ before: row, after: cameIn[1].get(report) ?? missing(report) })),
  };
}

/** No digest depends on it. */
const stamp = { calcVersion: 0, revision: 0 };

function reportsOf({ statements }: DayOutcome): ReadonlyMap<string, CameIn> {
  return new Map(
    statements.flatMap(({ currency, sources }) =>
      sources.map((row) => [JSON.stringify([row.source, row.account]), { in: row.in, rate: row.rate, currency }]),
    ),
  );
}

function missing(report: string): never {
  throw new Error(`The report of ${report} is in no statement of the other catalog.`);
}
