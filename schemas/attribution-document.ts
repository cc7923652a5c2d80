import { type ReportStatus, reportStatusAvro } from './cost-report.ts';
import { type Amount, amountAvro, type Day, dayAvro } from './scalars.ts';

/** The tenant id of everything that no tenant was given. */
export const UNALLOCATED = '__unallocated__';

/** What one tenant costs on one day in one currency. Greater (calcVersion, revision) replaces smaller. */
export interface AttributionDocument {
  readonly day: Day;
  readonly tenant: string;
  readonly currency: string;
  readonly status: ReportStatus;
  readonly billed: Amount;
  readonly effective: Amount;
  readonly calcVersion: number;
  readonly revision: number;
  readonly digest: string;
  readonly lines: readonly AttributionLine[];
}

/** A part of an origin charge that was given to the document's tenant, with the evidence for it. */
export interface AttributionLine {
  readonly source: string;
  readonly account: string;
  readonly service: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly region: string;
  readonly subAccount: string;
  readonly category: string;
  readonly product: string;
  readonly tier: string;
  readonly ruleId: string;
  readonly method: AllocationMethod;
  readonly driver: string;
  /** Integer text, empty where there is none. */
  readonly weight: string;
  readonly totalWeight: string;
  readonly billed: Amount;
  readonly effective: Amount;
  /** Empty on allocated lines. */
  readonly reason: string;
}

export type AllocationMethod = 'dedicated' | 'usage' | 'cost' | 'even' | 'fixed' | 'leave' | 'none';

const text = (name: string, doc: string) => ({ name, type: 'string', doc }) as const;

export const attributionDocumentAvro = {
  type: 'record',
  name: 'AttributionDocument',
  namespace: 'apportion',
  doc: 'What one tenant costs on one day in one currency. Greater (calcVersion, revision) replaces smaller.',
  fields: [
    { name: 'day', type: dayAvro, doc: 'UTC day.' },
    text('tenant', 'Tenant id, or __unallocated__.'),
    text('currency', 'ISO 4217 code.'),
    { name: 'status', type: reportStatusAvro, doc: 'final when every expected source has reported final numbers.' },
    { name: 'billed', type: amountAvro, doc: 'Sum of the lines.' },
    { name: 'effective', type: amountAvro, doc: 'Sum of the lines.' },
    { name: 'calcVersion', type: 'int', doc: 'Version of the computation; a promoted replay raises it.' },
    { name: 'revision', type: 'long', doc: 'Rises with every change of the inputs.' },
    text('digest', 'SHA-256 of the canonical text of status and lines, hexadecimal.'),
    {
      name: 'lines',
      doc: 'Allocated charges in canonical order; none when the tenant has no cost any more.',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'AttributionLine',
          fields: [
            text('source', 'Source of the origin charge.'),
            text('account', 'Account of the origin charge.'),
            text('service', 'Service of the origin charge.'),
            text('cluster', 'Cluster of the origin charge.'),
            text('namespace', 'Kubernetes namespace of the origin charge.'),
            text('region', 'Region of the origin charge.'),
            text('subAccount', 'Sub-account of the origin charge.'),
            text('category', 'FOCUS ChargeCategory of the origin charge.'),
            text('product', 'Product the part was given to, or empty.'),
            text('tier', 'Tier of the rule.'),
            text('ruleId', 'Rule that decided, or empty.'),
            text('method', 'dedicated, usage, cost, even, fixed, leave or none.'),
            text('driver', 'The measured quantity that set the ratio.'),
            text('weight', "The target's weight, integer text or empty."),
            text('totalWeight', 'Sum of the weights, integer text or empty.'),
            { name: 'billed', type: amountAvro, doc: 'FOCUS BilledCost allocated.' },
            { name: 'effective', type: amountAvro, doc: 'FOCUS EffectiveCost allocated.' },
            text('reason', 'Why the part is unallocated; empty on allocated lines.'),
          ],
        },
      },
    },
  ],
} as const;
