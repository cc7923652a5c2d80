import { parse } from 'yaml';
import { parseCatalog } from '../attribution/parse-catalog.ts';
import type { SummaryRequest } from '../local/demo/read-summary.ts';
import {
  GENERATED_TOKENS,
  REAL_BILLS,
  REAL_CATALOG,
  REAL_DAYS,
  REAL_NOTE,
  readRealUsage,
} from '../local/demo/real/real-input.ts';
import { speechPlatform } from '../local/demo/speech-platform.ts';
import { readCatalogFile } from '../operations/catalog-file.ts';
import { dayFrom } from '../operations/select-days.ts';
import { focusFileShape } from '../producers/focus-file/config.ts';
import { readFocusFiles } from '../producers/focus-file/read-files.ts';
import type { Call } from '../schemas/call.ts';
import type { Catalog } from '../schemas/catalog.ts';
import type { CostReport } from '../schemas/cost-report.ts';
import { addDays, dayOf } from '../schemas/day.ts';
import type { Day } from '../schemas/scalars.ts';
import type { UsageSample } from '../schemas/usage-sample.ts';

/** What a demo sends, and what it shows in the end. */
export interface DemoInput {
  /** Said before anything is sent. */
  readonly intro: string;
  readonly catalog: Catalog;
  readonly calls: readonly Call[];
  readonly samples: readonly UsageSample[];
  readonly reports: readonly CostReport[];
  /** Sent when all else is attributed: they replace reports. */
  readonly restatements: readonly CostReport[];
  readonly from: Day;
  readonly to: Day;
}

/** What a demo shows, but for the days. */
export type DemoView = Omit<SummaryRequest, 'from' | 'to'>;

export const speechView: DemoView = {
  currency: 'USD',
  meter: 'call_duration',
  count: 'calls',
  unitsPerPrice: 60_000,
  measure: { count: 'calls', price: 'per call minute' },
};

export const realView: DemoView = {
  currency: 'USD',
  meter: GENERATED_TOKENS,
  count: 'quantity',
  unitsPerPrice: 1000,
  measure: { count: 'tokens', price: 'per 1,000 tokens' },
};

const SEED = 7;

/** The generated speech platform: two weeks up to yesterday. */
export async function speechInput(now: number): Promise<DemoInput> {
  const platform = speechPlatform({ seed: SEED, lastDay: addDays(dayOf(now), -1) });
  const parsed = parseCatalog(parse(platform.catalog));
  if (!parsed.ok) throw new Error(`The demo's catalog is wrong: ${JSON.stringify(parsed.faults)}`);
  const { calls, duplicates, conflicting } = platform.facts;
  return {
    intro:
      `A speech platform, generated: ${calls.toLocaleString('en-US')} calls in two weeks ` +
      `(${duplicates} repeated and ${conflicting} conflicting lines among them), 3 clusters, 40 tenants.`,
    catalog: parsed.catalog,
    calls: platform.calls,
    samples: [],
    reports: platform.reports,
    restatements: platform.restatements,
    from: platform.firstDay,
    to: platform.lastDay,
  };
}

/** Real bills split by real inference requests. */
export async function realInput(): Promise<DemoInput> {
  const catalog = await readCatalogFile(REAL_CATALOG);
  const reports: CostReport[] = [];
  await readFocusFiles(focusFileShape.parse(REAL_BILLS), async (report) => {
    reports.push(report);
  });
  return {
    intro: `Real bills of September 2024, split by real inference requests. ${REAL_NOTE}`,
    catalog,
    calls: [],
    samples: await readRealUsage(),
    reports,
    restatements: [],
    from: dayFrom('from', REAL_DAYS.from),
    to: dayFrom('to', REAL_DAYS.to),
  };
}
