/** Records for tests, of which a test says only what it is about. */
import { parseAmount } from '../../../attribution/amount.ts';
import type { AttributionDocument, AttributionLine } from '../../../schemas/attribution-document.ts';
import type { CostLine, CostReport } from '../../../schemas/cost-report.ts';
import { parseDay } from '../../../schemas/day.ts';
import type { Amount, Day } from '../../../schemas/scalars.ts';
import type { SourceStatus } from '../../../schemas/source-status.ts';
import type { SourceStatement, Statement } from '../../../schemas/statement.ts';
import type { UsageTotal } from '../../../schemas/usage-total.ts';

export function amount(text: string): Amount {
  const parsed = parseAmount(text);
  if (typeof parsed !== 'bigint') throw new Error(parsed.fault);
  return parsed;
}

export function day(text: string): Day {
  const parsed = parseDay(text);
  if (parsed === null) throw new Error(`${text} is not a day`);
  return parsed;
}

export function line(fields: Partial<AttributionLine> = {}): AttributionLine {
  return {
    source: 'aws',
    account: '123456789012',
    service: 'Amazon S3',
    cluster: '',
    namespace: '',
    region: 'eu-central-1',
    subAccount: '',
    category: 'Usage',
    product: 'asr',
    tier: 'external',
    ruleId: 'external',
    method: 'cost',
    driver: 'cost:infrastructure',
    weight: '3',
    totalWeight: '4',
    billed: amount('1.5'),
    effective: amount('1.25'),
    reason: '',
    ...fields,
  };
}

/** The totals are the sums of the lines. */
export function document(fields: Partial<AttributionDocument> = {}): AttributionDocument {
  const lines = fields.lines ?? [line()];
  return {
    day: day('2026-11-02'),
    tenant: 'acme',
    currency: 'USD',
    status: 'final',
    billed: lines.reduce((sum, { billed }) => (sum + billed) as Amount, 0n as Amount),
    effective: lines.reduce((sum, { effective }) => (sum + effective) as Amount, 0n as Amount),
    calcVersion: 1,
    revision: 1,
    digest: 'd1',
    ...fields,
    lines,
  };
}

export function charge(fields: Partial<CostLine> = {}): CostLine {
  return {
    service: 'Amazon S3',
    cluster: '',
    namespace: '',
    region: 'eu-central-1',
    resource: 'arn:aws:s3:::bucket',
    subAccount: '',
    category: 'Usage',
    billed: amount('10'),
    effective: amount('9'),
    tags: {},
    ...fields,
  };
}

export function report(fields: Partial<CostReport> = {}): CostReport {
  return {
    source: 'aws',
    account: '123456789012',
    day: day('2026-11-02'),
    currency: 'USD',
    observedAt: Date.parse('2026-11-03T06:00:00Z'),
    status: 'final',
    lines: [charge()],
    ...fields,
  };
}

export function total(fields: Partial<UsageTotal> = {}): UsageTotal {
  return {
    day: day('2026-11-02'),
    cluster: 'prod-eu-1',
    namespace: 'asr-shared',
    tenant: 'acme',
    product: 'asr',
    meter: 'call_duration',
    topic: 'calls.v1',
    partition: 0,
    identity: '',
    refusedMeter: '',
    quantity: 60_000n,
    callCount: 2,
    duplicates: 0,
    conflicting: 0,
    late: 0,
    through: 10,
    ...fields,
  };
}

const nothing = { billed: amount('0'), effective: amount('0') };

export function sourceStatement(fields: Partial<SourceStatement> = {}): SourceStatement {
  return {
    source: 'aws',
    account: '123456789012',
    observedAt: Date.parse('2026-11-03T06:00:00Z'),
    status: 'final',
    charges: 3,
    in: { billed: amount('10'), effective: amount('9') },
    allocated: { billed: amount('7'), effective: amount('6') },
    covered: nothing,
    held: { billed: amount('1'), effective: amount('1') },
    unallocated: { no_rule: { billed: amount('2'), effective: amount('2') } },
    difference: nothing,
    rate: null,
    rateDay: null,
    heldReasons: { tax: { billed: amount('1'), effective: amount('1') } },
    ...fields,
  };
}

export function statement(fields: Partial<Statement> = {}): Statement {
  return {
    day: day('2026-11-02'),
    currency: 'USD',
    calcVersion: 1,
    revision: 1,
    digest: 's1',
    sources: [sourceStatement()],
    missingSources: [{ source: 'datadog', account: 'org' }],
    negativeBases: [{ tier: 'infrastructure', tenant: 'acme', product: 'asr', billed: amount('-1.5') }],
    usage: [{ meter: 'call_duration', quantity: 60_000n, late: 1, conflicting: 2, duplicates: 3 }],
    ...fields,
  };
}

export function sourceStatus(fields: Partial<SourceStatus> = {}): SourceStatus {
  const at = Date.parse('2026-03-10T06:00:00Z');
  return {
    poller: 'cast-ai',
    source: 'cast-ai',
    state: 'ok',
    detail: '',
    lastRunAt: at,
    lastSuccessAt: at,
    nextRunAt: at + 3_600_000,
    requests: 31,
    records: 31,
    requestsLeft: null,
    warnings: ['The clock of the source is 180 minutes ahead of this one.'],
    accounts: [
      {
        account: 'prod-eu-1',
        state: 'ok',
        detail: '',
        lastSuccessAt: at,
        firstDay: day('2026-02-16'),
        lastDay: day('2026-03-10'),
        missingDays: 1,
      },
    ],
    updatedAt: at,
    ...fields,
  };
}
