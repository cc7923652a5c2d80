import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import type { UsageSample } from '../../../schemas/usage-sample.ts';

/** What the demo on real input must say: it is the one thing that is not as it was measured. */
export const REAL_NOTE =
  'The inference requests were measured on 16 November 2023; they are moved to 18 September 2024, a day of the bills.';

/** What all rows of the bills add up to, in USD. */
export const REAL_TOTALS = { billed: '20.52022672899', effective: '14.97651418586' } as const;

/** The first and the last day of the bills. */
export const REAL_DAYS = { from: '2024-09-01', to: '2024-09-30' } as const;

/** The configuration of the FOCUS import. The bills were closed when they were published; a clone's file times say nothing. */
export const REAL_BILLS = {
  paths: [join(import.meta.dirname, 'data/focus-sample.csv')],
  observedAt: '2024-12-01T00:00:00Z',
} as const;

/** The catalog that splits the bills over the two services. */
export const REAL_CATALOG = join(import.meta.dirname, 'catalog.yaml');

/** The meter of generated tokens. */
export const GENERATED_TOKENS = 'generated_tokens';

/** The requests of both services as usage samples, in the order of time. */
export async function readRealUsage(): Promise<readonly UsageSample[]> {
  const code = traceSamples('code', await readTrace('azure-llm-inference-code.csv'));
  const conversation = traceSamples('conversation', await readTrace('azure-llm-inference-conv.csv'));
  return [...code, ...conversation].sort((a, b) => a.windowStart - b.windowStart);
}

/** The requests of one trace (columns TIMESTAMP, ContextTokens, GeneratedTokens) as samples of the tenant, moved in time. */
export function traceSamples(tenant: string, csv: string): readonly UsageSample[] {
  const rows: string[][] = parse(csv, { from_line: 2 });
  return rows.map(([time = '', , generated = ''], index) => {
    const moment = moved(time);
    return {
      source: 'azure-llm-inference',
      sampleId: `${tenant}-${index + 1}`,
      meter: GENERATED_TOKENS,
      tenant,
      product: 'inference',
      cluster: '',
      namespace: '',
      owner: '',
      windowStart: moment,
      windowEnd: moment,
      quantity: Number(generated),
    };
  });
}

const MEASURED_DAY = '2023-11-16';
const MOVED_DAY = '2024-09-18';

/** `2023-11-16 18:17:03.9799600` keeps its time of day and gets the other day; finer than milliseconds is cut off. */
function moved(time: string): number {
  return Date.parse(`${time.slice(0, 23).replace(MEASURED_DAY, MOVED_DAY).replace(' ', 'T')}Z`);
}

function readTrace(name: string): Promise<string> {
  return readFile(join(import.meta.dirname, 'data', name), 'utf8');
}
