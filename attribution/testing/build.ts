/** Short ways to write inputs in tests: everything that a test does not say has a plain value. */
import assert from 'node:assert/strict';
import type { AttributionDocument } from '../../schemas/attribution-document.ts';
import type { Catalog } from '../../schemas/catalog.ts';
import type { CostLine, CostReport } from '../../schemas/cost-report.ts';
import { parseDay } from '../../schemas/day.ts';
import type { Amount, Day } from '../../schemas/scalars.ts';
import type { UsageTotal } from '../../schemas/usage-total.ts';
import { allocateDay, type DayInputs, type DayOutcome } from '../allocate-day.ts';
import { formatAmount, parseAmount } from '../amount.ts';
import { compileCatalog } from '../compile-catalog.ts';
import { parseCatalog } from '../parse-catalog.ts';

export function day(text: string): Day {
  const parsed = parseDay(text);
  assert.notEqual(parsed, null, `${text} is not a day`);
  return parsed ?? assert.fail();
}

function amount(text: string): Amount {
  const parsed = parseAmount(text);
  return typeof parsed === 'bigint' ? parsed : assert.fail(parsed.fault);
}

export const D = day('2026-11-20');

type Money = { readonly billed: string; readonly effective?: string };

export function line({ billed, effective, ...fields }: Partial<Omit<CostLine, keyof Money>> & Money): CostLine {
  return {
    service: '',
    cluster: '',
    namespace: '',
    region: '',
    resource: '',
    subAccount: '',
    category: 'Usage',
    tags: {},
    ...fields,
    billed: amount(billed),
    effective: amount(effective ?? billed),
  };
}

export function report(fields: Partial<CostReport>): CostReport {
  return {
    source: 'cast-ai',
    account: 'prod',
    day: D,
    currency: 'USD',
    observedAt: 0,
    status: 'final',
    lines: [],
    ...fields,
  };
}

export function total(fields: Partial<UsageTotal>): UsageTotal {
  return {
    day: D,
    cluster: '',
    namespace: '',
    tenant: '',
    product: '',
    meter: 'login',
    topic: 'usage.v1',
    partition: 0,
    identity: '',
    refusedMeter: '',
    quantity: 0n,
    callCount: null,
    duplicates: 0,
    conflicting: 0,
    late: 0,
    through: 0,
    ...fields,
  };
}

/** A catalog with three tenants and two products, unless the fields say otherwise. */
export function catalog(fields: Record<string, unknown>): Catalog {
  const parsed = parseCatalog({
    version: 1,
    currency: 'USD',
    products: [{ id: 'asr' }, { id: 'bot' }],
    tenants: [{ id: 'acme' }, { id: 'globex' }, { id: 'initech' }],
    ...fields,
  });
  return parsed.ok ? parsed.catalog : assert.fail(JSON.stringify(parsed.faults, null, 1));
}

/** The faults of a catalog, each as `path: message`. */
export function faultsOf(fields: Record<string, unknown>): string[] {
  const parsed = parseCatalog({
    version: 1,
    currency: 'USD',
    products: [{ id: 'asr' }, { id: 'bot' }],
    tenants: [{ id: 'acme' }, { id: 'globex' }, { id: 'initech' }],
    ...fields,
  });
  return parsed.ok ? [] : parsed.faults.map(({ path, message }) => `${path}: ${message}`);
}

export function allocate(fields: Record<string, unknown>, inputs: Partial<DayInputs>): DayOutcome {
  const whole = { day: D, reports: [], totals: [], stamp: { calcVersion: 1, revision: 1 }, ...inputs };
  return allocateDay(whole, compileCatalog(catalog(fields)));
}

/** Lines as `tenant product method driver weight/total billed effective reason`, empty texts as a dash. */
export function linesOf({ documents }: { documents: readonly AttributionDocument[] }): string[] {
  return documents.flatMap(({ tenant, lines }) =>
    lines.map((it) =>
      [
        tenant,
        it.product,
        it.method,
        it.driver,
        it.weight === '' ? '' : `${it.weight}/${it.totalWeight}`,
        formatAmount(it.billed),
        formatAmount(it.effective),
        it.reason,
      ]
        .map((text) => (text === '' ? '-' : text))
        .join(' '),
    ),
  );
}

/** What one charge of 10 becomes under one rule. */
export function linesOfCharge(
  action: Record<string, unknown>,
  totals: readonly UsageTotal[] = [],
  charge: Parameters<typeof line>[0] = { billed: '10' },
  fields: Record<string, unknown> = {},
): string[] {
  const rules = [{ id: 'rule', match: {}, ...action }];
  return linesOf(allocate({ rules, ...fields }, { reports: [report({ lines: [line(charge)] })], totals }));
}
