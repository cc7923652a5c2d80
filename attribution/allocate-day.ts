import type { AttributionDocument } from '../schemas/attribution-document.ts';
import type { CostReport, ReportStatus } from '../schemas/cost-report.ts';
import { formatDay } from '../schemas/day.ts';
import type { Day } from '../schemas/scalars.ts';
import type { SourceAccount, Statement } from '../schemas/statement.ts';
import type { UsageTotal } from '../schemas/usage-total.ts';
import { allocateOrigin, type Weights } from './allocate-origin.ts';
import { buildDocuments, type Stamp } from './build-documents.ts';
import { sourceStatement } from './build-statement.ts';
import { compareText } from './canonical-json.ts';
import { checkConservation } from './check-conservation.ts';
import type { CompiledCatalog } from './compile-catalog.ts';
import type { MeasuredSplit } from './compile-split.ts';
import { CostWeights } from './cost-weights.ts';
import { invariant } from './invariant.ts';
import type { Part } from './part.ts';
import { type Origin, type ReadReport, readReport } from './read-report.ts';
import { statementDigest } from './statement-text.ts';
import { tenantWeights } from './tenant-weights.ts';
import { summarizeUsage } from './usage-summary.ts';
import { indexUsage } from './usage-weights.ts';

/** All that is known of a day. The order of reports and totals decides nothing. */
export interface DayInputs {
  readonly day: Day;
  /** The newest report of each source and account. */
  readonly reports: readonly CostReport[];
  /** The latest total of each key, records of refused lines included. */
  readonly totals: readonly UsageTotal[];
  readonly stamp: Stamp;
}

export interface DayOutcome {
  /** `estimated` when a report is, in any currency, or an expected source is missing. */
  readonly status: ReportStatus;
  /** One per tenant and currency, ordered by currency, then tenant. */
  readonly documents: readonly AttributionDocument[];
  /** One per currency, in order: the catalog's on every day that has any input, another where a report stays in it. */
  readonly statements: readonly Statement[];
}

/**
 * Computes everything that is published about a day: pure, the same bytes for the same inputs in any order.
 * Throws when the inputs are not of the day, or when a single unit of money would be lost or made.
 */
export function allocateDay(inputs: DayInputs, catalog: CompiledCatalog): DayOutcome {
  const { day, reports, totals, stamp } = inputs;
  checkInputs(inputs);
  const missingSources = missing(reports, catalog.expectedOn(day));
  const estimated = missingSources.length > 0 || reports.some((report) => report.status === 'estimated');
  const status = estimated ? 'estimated' : 'final';
  if (reports.length === 0 && totals.length === 0) return { status, documents: [], statements: [] };

  const usage = summarizeUsage(totals);
  const weigh = dayWeights(inputs, catalog);
  const reads = reports.map((report) => readReport(report, catalog)).sort(compareReads);
  const currencies = new Set([catalog.currency, ...reads.map((read) => read.currency)]);
  const outcomes = [...currencies].sort().map((currency) => {
    const own = reads.filter((read) => read.currency === currency);
    const costs = new CostWeights(catalog.baseTiers);
    const given = allocateInTierOrder(own, catalog, costs, weigh(costs));
    const documents = buildDocuments(
      given.flatMap(({ parts }) => parts),
      { day, currency, status, stamp },
    );
    const sources = given.map(({ read, parts }) => sourceStatement(read, parts));
    const statement: Statement = {
      day,
      currency,
      ...stamp,
      digest: statementDigest(documents.map((document) => document.digest)),
      sources,
      missingSources,
      negativeBases: costs.negative(),
      usage,
    };
    checkConservation(documents, statement);
    return { documents, statement };
  });
  return {
    status,
    documents: outcomes.flatMap((outcome) => outcome.documents),
    statements: outcomes.map((outcome) => outcome.statement),
  };
}

function checkInputs({ day, reports, totals }: DayInputs): void {
  const accounts = new Set<string>();
  for (const { source, account, day: reportDay } of reports) {
    const key = JSON.stringify([source, account]);
    invariant(reportDay === day, () => `a report of ${formatDay(reportDay)} was given for ${formatDay(day)}.`);
    invariant(!accounts.has(key), () => `${source} ${account} has two reports for ${formatDay(day)}.`);
    accounts.add(key);
  }
  for (const total of totals) {
    invariant(total.day === day, () => `a total of ${formatDay(total.day)} was given for ${formatDay(day)}.`);
  }
}

function missing(reports: readonly CostReport[], expected: readonly SourceAccount[]): SourceAccount[] {
  return expected.filter(
    ({ source, account }) => !reports.some((report) => report.source === source && report.account === account),
  );
}

function compareReads({ report: a }: ReadReport, { report: b }: ReadReport): number {
  return compareText(a.source, b.source) || compareText(a.account, b.account);
}

/** How the origins of a day find their weights. Usage and lists of tenants serve every currency, costs only their own. */
function dayWeights({ day, totals }: DayInputs, catalog: CompiledCatalog): (costs: CostWeights) => Weights {
  const byUsage = indexUsage(totals, day, catalog);
  const byTenant = tenantWeights(day, catalog);
  const isTenant = (id: string): boolean => catalog.isTenant(id, day);
  return (costs) => ({
    isTenant,
    weigh: (split: MeasuredSplit, origin: Origin) => {
      switch (split.method) {
        case 'usage':
          return byUsage(split, origin.cluster, origin.namespace);
        case 'cost':
          return costs.weigh(split);
        case 'even':
        case 'fixed':
          return byTenant(split);
      }
    },
  });
}

interface GivenReport {
  readonly read: ReadReport;
  readonly parts: Part[];
}

/** Allocates each tier after all that it is based on; what no rule fits has the empty tier. */
function allocateInTierOrder(
  reads: readonly ReadReport[],
  catalog: CompiledCatalog,
  costs: CostWeights,
  weights: Weights,
): GivenReport[] {
  const given = reads.map((read): GivenReport => ({ read, parts: [] }));
  const placed = given.flatMap(({ read, parts }) => read.origins.map((origin) => ({ origin, parts })));
  const byTier = Map.groupBy(placed, ({ origin }) => origin.tier);
  for (const tier of ['', ...catalog.tiers]) {
    for (const { origin, parts } of byTier.get(tier) ?? []) {
      for (const part of allocateOrigin(origin, weights)) {
        parts.push(part);
        costs.add(part);
      }
    }
  }
  return given;
}
