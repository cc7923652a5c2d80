import { type ReportStatus, reportStatusAvro } from './cost-report.ts';
import { type Amount, amountAvro, type Day, dayAvro, type Instant, instantAvro, integerAvro } from './scalars.ts';

/** The proof of a day and currency: what came in, where it went, and that nothing is left over. */
export interface Statement {
  readonly day: Day;
  readonly currency: string;
  readonly calcVersion: number;
  readonly revision: number;
  /** SHA-256 over the digests of all documents of the day and currency, in tenant order. */
  readonly digest: string;
  readonly sources: readonly SourceStatement[];
  readonly missingSources: readonly SourceAccount[];
  readonly negativeBases: readonly NegativeBase[];
  readonly usage: readonly MeterUsage[];
}

export interface Money {
  readonly billed: Amount;
  readonly effective: Amount;
}

export interface SourceAccount {
  readonly source: string;
  readonly account: string;
}

export interface SourceStatement extends SourceAccount {
  readonly observedAt: Instant;
  readonly status: ReportStatus;
  /** Distinct charge keys. */
  readonly charges: number;
  readonly in: Money;
  readonly allocated: Money;
  readonly covered: Money;
  readonly held: Money;
  /** By reason. */
  readonly unallocated: Readonly<Record<string, Money>>;
  /** in - allocated - covered - held - unallocated: always 0. */
  readonly difference: Money;
  /** Canonical decimal text of the conversion rate, and its day; null where nothing was converted. */
  readonly rate: string | null;
  readonly rateDay: Day | null;
  /** By reason; sums to `held`. */
  readonly heldReasons: Readonly<Record<string, Money>>;
}

export interface NegativeBase {
  readonly tier: string;
  readonly tenant: string;
  readonly product: string;
  readonly billed: Amount;
}

export interface MeterUsage {
  readonly meter: string;
  readonly quantity: bigint;
  readonly late: number;
  readonly conflicting: number;
  readonly duplicates: number;
}

export const statementAvro = {
  type: 'record',
  name: 'Statement',
  namespace: 'apportion',
  doc: 'Conservation of one day and currency. Greater (calcVersion, revision) replaces smaller.',
  fields: [
    { name: 'day', type: dayAvro, doc: 'UTC day.' },
    { name: 'currency', type: 'string', doc: 'ISO 4217 code.' },
    { name: 'calcVersion', type: 'int', doc: 'Version of the computation.' },
    { name: 'revision', type: 'long', doc: 'Rises with every change of the inputs.' },
    { name: 'digest', type: 'string', doc: 'SHA-256 over the document digests in tenant order, hexadecimal.' },
    {
      name: 'sources',
      doc: 'One per source and account that reported the day in this currency.',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'SourceStatement',
          fields: [
            { name: 'source', type: 'string', doc: 'Source.' },
            { name: 'account', type: 'string', doc: 'Account.' },
            { name: 'observedAt', type: instantAvro, doc: 'When the newest report was read upstream.' },
            { name: 'status', type: reportStatusAvro, doc: 'Status of the newest report.' },
            { name: 'charges', type: 'int', doc: 'Distinct charges.' },
            {
              name: 'in',
              doc: 'All charges.',
              type: {
                type: 'record',
                name: 'Money',
                fields: [
                  { name: 'billed', type: amountAvro, doc: 'FOCUS BilledCost.' },
                  { name: 'effective', type: amountAvro, doc: 'FOCUS EffectiveCost.' },
                ],
              },
            },
            { name: 'allocated', type: 'Money', doc: 'Given to tenants.' },
            { name: 'covered', type: 'Money', doc: 'Represented by another source.' },
            { name: 'held', type: 'Money', doc: 'Kept apart.' },
            { name: 'unallocated', type: { type: 'map', values: 'Money' }, doc: 'Given to nobody, by reason.' },
            { name: 'difference', type: 'Money', doc: 'Always 0.' },
            { name: 'rate', type: ['null', 'string'], default: null, doc: 'Conversion rate, decimal text.' },
            { name: 'rateDay', type: ['null', dayAvro], default: null, doc: 'Day of the conversion rate.' },
            { name: 'heldReasons', type: { type: 'map', values: 'Money' }, doc: 'Held, by reason.' },
          ],
        },
      },
    },
    {
      name: 'missingSources',
      doc: 'Expected sources that have not reported the day.',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'SourceAccount',
          fields: [
            { name: 'source', type: 'string', doc: 'Source.' },
            { name: 'account', type: 'string', doc: 'Account.' },
          ],
        },
      },
    },
    {
      name: 'negativeBases',
      doc: 'Pairs whose net cost in a tier is below zero, so that they carry no part of what follows it.',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'NegativeBase',
          fields: [
            { name: 'tier', type: 'string', doc: 'Tier.' },
            { name: 'tenant', type: 'string', doc: 'Tenant.' },
            { name: 'product', type: 'string', doc: 'Product, or empty.' },
            { name: 'billed', type: amountAvro, doc: 'Net billed amount, below zero.' },
          ],
        },
      },
    },
    {
      name: 'usage',
      doc: 'Usage of the day per meter.',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'MeterUsage',
          fields: [
            { name: 'meter', type: 'string', doc: 'Meter.' },
            { name: 'quantity', type: integerAvro, doc: 'Sum over all keys.' },
            { name: 'late', type: 'long', doc: 'Lines refused as late.' },
            { name: 'conflicting', type: 'long', doc: 'Lines refused as conflicting duplicates.' },
            { name: 'duplicates', type: 'long', doc: 'Repeated lines.' },
          ],
        },
      },
    },
  ],
} as const;
