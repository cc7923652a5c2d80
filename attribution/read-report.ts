import type { CostLine, CostReport } from '../schemas/cost-report.ts';
import type { Amount } from '../schemas/scalars.ts';
import type { Money } from '../schemas/statement.ts';
import { convertAmount, ZERO } from './amount.ts';
import { compareText } from './canonical-json.ts';
import type { Action, CompiledCatalog, CompiledRate, CompiledRule } from './compile-catalog.ts';
import { computeOnce } from './compute-once.ts';

/** The charges of a report that one rule decides and that a line cannot tell apart, added up: what is allocated. */
export interface Origin {
  readonly source: string;
  readonly account: string;
  readonly service: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly region: string;
  readonly subAccount: string;
  readonly category: string;
  /** Of the rule; empty and null when no rule fits. */
  readonly tier: string;
  readonly ruleId: string;
  readonly action: Action | null;
  billed: Amount;
  effective: Amount;
}

/** A report in the currency that its day is computed in. */
export interface ReadReport {
  readonly report: CostReport;
  readonly currency: string;
  /** The rate that was applied; null where nothing was converted. */
  readonly conversion: CompiledRate | null;
  /** Distinct charges. */
  readonly charges: number;
  /** Sum of the charges, converted. */
  readonly in: Money;
  readonly origins: readonly Origin[];
}

/**
 * Adds up the lines with equal keys, converts each charge into the catalog's currency where there is a rate, finds the
 * rule of each, and adds up what lines cannot tell apart.
 */
export function readReport(report: CostReport, catalog: CompiledCatalog): ReadReport {
  const conversion = catalog.rateOn(report.currency, report.day);
  const convert = (amount: Amount): Amount => (conversion === null ? amount : convertAmount(amount, conversion.rate));
  const rules = catalog.rulesOn(report.day).filter((rule) => rule.fitsSource(report.source, report.account));

  const charges = distinct(report.lines);
  const origins = new Map<string, Origin>();
  const sum = { billed: ZERO, effective: ZERO };
  for (const { line, billed, effective } of charges) {
    const rule = rules.find((candidate) => candidate.fitsLine(line));
    const amounts = { billed: convert(billed), effective: convert(effective) };
    const origin = originOf(origins, report, line, rule);
    addTo(origin, amounts);
    addTo(sum, amounts);
  }
  return {
    report,
    currency: conversion === null ? report.currency : catalog.currency,
    conversion,
    charges: charges.length,
    in: sum,
    origins: [...origins.values()],
  };
}

/** Adds amounts to a running sum. */
export function addTo(sum: { billed: Amount; effective: Amount }, amounts: Money): void {
  sum.billed = (sum.billed + amounts.billed) as Amount;
  sum.effective = (sum.effective + amounts.effective) as Amount;
}

interface Charge {
  readonly line: CostLine;
  billed: Amount;
  effective: Amount;
}

function distinct(lines: readonly CostLine[]): Charge[] {
  const charges = new Map<string, Charge>();
  for (const line of lines) {
    addTo(
      computeOnce(charges, chargeKey(line), () => ({ line, billed: ZERO, effective: ZERO })),
      line,
    );
  }
  return [...charges.values()];
}

function originOf(
  origins: Map<string, Origin>,
  { source, account }: CostReport,
  line: CostLine,
  rule: CompiledRule | undefined,
): Origin {
  const { service, cluster, namespace, region, subAccount, category } = line;
  return computeOnce(origins, JSON.stringify([...shownTexts(line), rule?.id]), () => ({
    ...{ source, account, service, cluster, namespace, region, subAccount, category },
    tier: rule?.tier ?? '',
    ruleId: rule?.id ?? '',
    action: rule?.action ?? null,
    billed: ZERO,
    effective: ZERO,
  }));
}

/** What tells a charge from the others of its report: all but its amounts. */
export function chargeKey(line: CostLine): string {
  return JSON.stringify([...shownTexts(line), line.resource, sortedTags(line)]);
}

/** The texts of a line that an attribution line shows. */
function shownTexts(line: CostLine): string[] {
  return [line.service, line.cluster, line.namespace, line.region, line.subAccount, line.category];
}

function sortedTags(line: CostLine): [string, string][] {
  return Object.entries(line.tags).sort(([a], [b]) => compareText(a, b));
}
