import type { GetCostAndUsageCommandOutput } from '@aws-sdk/client-cost-explorer';
import { formatAmount } from '../../attribution/amount.ts';
import type { CostReport } from '../../schemas/cost-report.ts';
import { type DayRange, formatDay, parseDay } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';

/** One page of an answer, as AWS sends it. */
export type CostPage = Omit<GetCostAndUsageCommandOutput, '$metadata'>;

/**
 * Sets what moto's Cost Explorer answers: each new request body gets the next page, whatever it asks for, and the same
 * body gets its page again. Nothing is checked, so a test must check what was asked.
 * See http://docs.getmoto.org/en/latest/docs/services/ce.html
 */
export async function presetCostExplorer(url: string, pages: readonly CostPage[]): Promise<void> {
  const response = await fetch(`${url}/moto-api/static/ce/cost-and-usage-results`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ results: pages }),
  });
  if (response.status !== 201) {
    throw new Error(`moto did not take the pages: ${response.status} ${await response.text()}`);
  }
}

/**
 * Three days in two pages, cut within the second day. Amounts are text; a credit and a refund are negative, one amount
 * is smaller than a cent of a cent; the last day is not final.
 */
export const threeDaysOfCosts: readonly CostPage[] = [
  {
    NextPageToken: 'page-2',
    GroupDefinitions: [
      { Type: 'DIMENSION', Key: 'SERVICE' },
      { Type: 'DIMENSION', Key: 'RECORD_TYPE' },
    ],
    ResultsByTime: [
      day('2026-03-01', '2026-03-02', false, [
        group('Amazon Elastic Compute Cloud - Compute', 'Usage', '184.3199999999', '121.6800000001'),
        group('Amazon Simple Storage Service', 'Usage', '12.0448193442', '12.0448193442'),
        group('AWS Key Management Service', 'Usage', '0.0000005504', '0.0000005504'),
        group('Tax', 'Tax', '41.27', '41.27'),
      ]),
      day('2026-03-02', '2026-03-03', false, [
        group('Amazon Elastic Compute Cloud - Compute', 'Usage', '190.08', '125.952'),
      ]),
    ],
    DimensionValueAttributes: [],
  },
  {
    GroupDefinitions: [
      { Type: 'DIMENSION', Key: 'SERVICE' },
      { Type: 'DIMENSION', Key: 'RECORD_TYPE' },
    ],
    ResultsByTime: [
      day('2026-03-02', '2026-03-03', false, [
        group('Amazon Elastic Compute Cloud - Compute', 'Credit', '-50', '-50'),
        group('Amazon Simple Storage Service', 'Refund', '-0.0000000001', '-0.0000000001'),
      ]),
      day('2026-03-03', '2026-03-04', true, [
        group('Amazon Elastic Compute Cloud - Compute', 'Usage', '88.7040000003', '58.5446400002'),
      ]),
    ],
    DimensionValueAttributes: [],
  },
];

/** The reports that follow from them, as `describeReports` gives them. */
export const threeDaysReported: readonly string[] = [
  '2026-03-01 final USD AWS Key Management Service Usage 0.0000005504 0.0000005504',
  '2026-03-01 final USD Amazon Elastic Compute Cloud - Compute Usage 184.3199999999 121.6800000001',
  '2026-03-01 final USD Amazon Simple Storage Service Usage 12.0448193442 12.0448193442',
  '2026-03-01 final USD Tax Tax 41.27 41.27',
  '2026-03-02 final USD Amazon Elastic Compute Cloud - Compute Credit -50 -50',
  '2026-03-02 final USD Amazon Elastic Compute Cloud - Compute Usage 190.08 125.952',
  '2026-03-02 final USD Amazon Simple Storage Service Adjustment -0.0000000001 -0.0000000001',
  '2026-03-03 estimated USD Amazon Elastic Compute Cloud - Compute Usage 88.7040000003 58.5446400002',
];

export function describeReports(reports: readonly CostReport[]): readonly string[] {
  const lines = reports.flatMap(({ day, status, currency, lines }) =>
    lines.map(({ service, category, billed, effective }) =>
      [formatDay(day), status, currency, service, category, formatAmount(billed), formatAmount(effective)].join(' '),
    ),
  );
  return lines.sort();
}

/** The days that they are asked for by. */
export const threeDays: DayRange = { from: dayFrom('2026-03-01'), to: dayFrom('2026-03-03') };

function dayFrom(text: string): Day {
  const day = parseDay(text);
  if (day === null) throw new Error(`${text} is no day`);
  return day;
}

type ResultByTime = NonNullable<CostPage['ResultsByTime']>[number];
type Group = NonNullable<ResultByTime['Groups']>[number];

function day(Start: string, End: string, Estimated: boolean, Groups: Group[]): ResultByTime {
  return { TimePeriod: { Start, End }, Total: {}, Groups, Estimated };
}

function group(service: string, recordType: string, unblended: string, netAmortized: string): Group {
  const amount = (Amount: string): { Amount: string; Unit: string } => ({ Amount, Unit: 'USD' });
  return {
    Keys: [service, recordType],
    Metrics: { UnblendedCost: amount(unblended), NetAmortizedCost: amount(netAmortized) },
  };
}
