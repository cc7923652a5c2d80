import { type Amount, amountAvro, type Day, dayAvro, type Instant, instantAvro } from './scalars.ts';

/** Everything that one source says about one account and day. A newer report replaces the older one whole. */
export interface CostReport {
  readonly source: string;
  readonly account: string;
  readonly day: Day;
  readonly currency: string;
  readonly observedAt: Instant;
  readonly status: ReportStatus;
  readonly lines: readonly CostLine[];
}

export type ReportStatus = 'estimated' | 'final';

/** One priced line. What a source lacks is the empty string. */
export interface CostLine {
  readonly service: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly region: string;
  readonly resource: string;
  readonly subAccount: string;
  /** FOCUS ChargeCategory: Usage, Purchase, Tax, Credit, Adjustment. */
  readonly category: string;
  readonly billed: Amount;
  readonly effective: Amount;
  readonly tags: Readonly<Record<string, string>>;
}

/** A report larger than this, encoded, is refused; its source splits it by sub-account. */
export const MAX_REPORT_BYTES = 4 * 1024 * 1024;

export const reportStatusAvro = {
  type: 'enum',
  name: 'Status',
  namespace: 'apportion',
  symbols: ['estimated', 'final'],
} as const;

export const costReportAvro = {
  type: 'record',
  name: 'CostReport',
  namespace: 'apportion',
  doc: 'All cost of one source, account and day. A newer report (by observedAt) replaces the older one whole.',
  fields: [
    { name: 'source', type: 'string', doc: 'Where the cost comes from: cast-ai, aws, datadog …' },
    { name: 'account', type: 'string', doc: "The source's own scope: cluster, payer account, organisation." },
    { name: 'day', type: dayAvro, doc: 'UTC day that the charges are for.' },
    { name: 'currency', type: 'string', doc: 'ISO 4217 code.' },
    { name: 'observedAt', type: instantAvro, doc: 'When the source was read.' },
    { name: 'status', type: reportStatusAvro, doc: 'Whether the source may still change the day.' },
    {
      name: 'lines',
      doc: 'The charges.',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'CostLine',
          fields: [
            { name: 'service', type: 'string', default: '', doc: 'Service or product billed.' },
            { name: 'cluster', type: 'string', default: '', doc: 'Kubernetes cluster.' },
            { name: 'namespace', type: 'string', default: '', doc: 'Kubernetes namespace.' },
            { name: 'region', type: 'string', default: '', doc: 'Region.' },
            { name: 'resource', type: 'string', default: '', doc: 'Resource id.' },
            { name: 'subAccount', type: 'string', default: '', doc: 'Sub-account.' },
            { name: 'category', type: 'string', default: 'Usage', doc: 'FOCUS ChargeCategory.' },
            { name: 'billed', type: amountAvro, doc: 'FOCUS BilledCost.' },
            { name: 'effective', type: amountAvro, doc: 'FOCUS EffectiveCost.' },
            { name: 'tags', type: { type: 'map', values: 'string' }, default: {}, doc: 'Tags.' },
          ],
        },
      },
    },
  ],
} as const;
