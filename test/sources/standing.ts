/** What stands after all that was published, as readers see it, in a form in which two can be compared. */
import assert from 'node:assert/strict';
import { formatAmount } from '../../attribution/amount.ts';
import { canonicalJson } from '../../attribution/canonical-json.ts';
import { newestReport } from '../../attribution/newest-report.ts';
import { chargeKey } from '../../attribution/read-report.ts';
import type { CostLine, CostReport } from '../../schemas/cost-report.ts';
import { dayOf, formatDay } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';
import type { UsageSample } from '../../schemas/usage-sample.ts';

/** By `source account day`: its charges with cost, one text each. Days without any are left out. */
export type Standing = ReadonlyMap<string, readonly string[]>;

/** What one charge says. */
export function chargeText(line: CostLine, currency: string): string {
  return `${chargeKey(line)} ${formatAmount(line.billed)} ${formatAmount(line.effective)} ${currency}`;
}

/** The newest report of each source, account and day. */
export function standingReports(reports: readonly CostReport[]): Standing {
  const newest = new Map<string, CostReport>();
  for (const report of reports) {
    const key = `${report.source} ${report.account} ${formatDay(report.day)}`;
    const held = newest.get(key);
    newest.set(key, held === undefined ? report : newestReport(held, report));
  }
  return sorted(
    [...newest].flatMap(([key, { lines, currency }]) =>
      lines.length === 0 ? [] : [[key, lines.map((line) => chargeText(line, currency)).sort()]],
    ),
  );
}

/**
 * The sum of all samples by what they are of and the day they begin on, each identity once. One identity with two
 * contents is a defect: the meter would let the first one stand, and the rest would be lost.
 */
export function standingUsage(samples: readonly UsageSample[]): ReadonlyMap<string, number> {
  const seen = new Map<string, UsageSample>();
  const sums = new Map<string, number>();
  for (const sample of samples) {
    const identity = `${sample.source}/${sample.sampleId}`;
    const held = seen.get(identity);
    if (held !== undefined) {
      assert.equal(canonicalJson(sample), canonicalJson(held), `${identity} is published with two contents`);
      continue;
    }
    seen.set(identity, sample);
    const key = usageKey(sample, dayOf(sample.windowStart));
    sums.set(key, (sums.get(key) ?? 0) + sample.quantity);
  }
  return new Map([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A list of texts as JSON, the day first. */
export function usageKey(
  { meter, tenant, product, cluster, namespace, owner }: Omit<UsageSample, 'source' | 'sampleId' | 'quantity'>,
  day: Day,
): string {
  return JSON.stringify([formatDay(day), meter, tenant, product, cluster, namespace, owner]);
}

function sorted(entries: readonly (readonly [string, readonly string[]])[]): Standing {
  return new Map(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
