import type { Call } from '../../schemas/call.ts';
import type { CostReport, ReportStatus } from '../../schemas/cost-report.ts';
import { addDays } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';
import { makeCalls } from './speech-platform/calls.ts';
import { catalogYaml } from './speech-platform/catalog.ts';
import { awsReport, castAiReports, datadogReport, restated } from './speech-platform/costs.ts';

/** Two weeks of a speech platform, as its systems would send them. */
export interface SpeechPlatform {
  readonly firstDay: Day;
  readonly lastDay: Day;
  /** YAML, as people write it. */
  readonly catalog: string;
  /** In the order of arrival: nothing is late. */
  readonly calls: readonly Call[];
  /** In the order of days. */
  readonly reports: readonly CostReport[];
  /** Sent later: they replace reports of the same source, account and day. */
  readonly restatements: readonly CostReport[];
  /** What is to be seen of the calls. */
  readonly facts: { readonly calls: number; readonly duplicates: number; readonly conflicting: number };
}

export interface SpeechPlatformOptions {
  readonly seed: number;
  /** It should be over, since calls that begin in the future are refused. */
  readonly lastDay: Day;
  readonly days?: number;
  /** Distinct calls. */
  readonly calls?: number;
}

/** Generates the demo: the same for the same seed and last day, on every machine. */
export function speechPlatform({ seed, lastDay, days = 14, calls = 60_000 }: SpeechPlatformOptions): SpeechPlatform {
  const firstDay = addDays(lastDay, 1 - days);
  const { lines, distinct, duplicates, conflicting } = makeCalls(seed, lastDay, days, calls);
  const reports = Array.from({ length: days }, (_, index) => addDays(firstDay, index)).flatMap((day) => {
    const age = lastDay - day;
    const isCredited = day - firstDay === CREDITED_DAY;
    return [
      ...castAiReports(seed, day, statusAfter(age, 1)),
      awsReport(seed, day, statusAfter(age, 3)),
      datadogReport(seed, day, statusAfter(age, 3), isCredited),
    ];
  });
  const restatedDay = addDays(firstDay, Math.min(RESTATED_DAY, days - 1));
  const restatements = reports.filter(({ source, day }) => source === 'aws' && day === restatedDay).map(restated);
  return {
    firstDay,
    lastDay,
    catalog: catalogYaml(firstDay),
    calls: lines,
    reports,
    restatements,
    facts: { calls: distinct, duplicates, conflicting },
  };
}

/** Counted from the first day. */
const CREDITED_DAY = 4;
const RESTATED_DAY = 9;

/** Sources correct their newest days for some time. */
function statusAfter(ageDays: number, finalAfterDays: number): ReportStatus {
  return ageDays < finalAfterDays ? 'estimated' : 'final';
}
