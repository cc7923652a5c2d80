import { type AttributionDocument, type AttributionLine, UNALLOCATED } from '../schemas/attribution-document.ts';
import type { ReportStatus } from '../schemas/cost-report.ts';
import type { Amount, Day } from '../schemas/scalars.ts';
import { ZERO } from './amount.ts';
import { compareText } from './canonical-json.ts';
import { documentDigest, quoteText } from './document-text.ts';
import type { Part } from './part.ts';
import { addTo, type Origin } from './read-report.ts';
import type { Target, TargetSet } from './targets.ts';

/** Which computation a document comes from. No part of any digest. */
export interface Stamp {
  readonly calcVersion: number;
  readonly revision: number;
}

/** What all documents of a day and currency share. */
export interface DocumentHead {
  readonly day: Day;
  readonly currency: string;
  readonly status: ReportStatus;
  readonly stamp: Stamp;
}

/**
 * Turns the parts of a day and currency into one document per tenant, in tenant order, lines in canonical order:
 * the origin's descriptors, then product, tier, rule, method and driver. No two lines of a document are equal in all of
 * those, so the fields behind them never decide.
 */
export function buildDocuments(parts: readonly Part[], head: DocumentHead): AttributionDocument[] {
  const drafts = new Map<string, Draft>();
  const slotsOf = memoize((to: TargetSet) => to.targets.map(({ tenant }) => draftOf(drafts, tenant)));
  for (const run of runs(parts.toSorted(compareParts))) {
    for (const { part, i } of inProductOrder(run)) {
      const target = part.to.targets[i];
      const draft = slotsOf(part.to)[i];
      if (target === undefined || draft === undefined) continue;
      const line = lineOf(part, target, part.billed[i] ?? 0n, part.effective[i] ?? 0n);
      draft.lines.push(line);
      addTo(draft, line);
    }
  }
  const quote = memoize(quoteText);
  return [...drafts]
    .sort(([a], [b]) => compareText(a, b))
    .map(([tenant, draft]) => documentOf(tenant, draft, head, quote));
}

interface Draft {
  readonly lines: AttributionLine[];
  billed: Amount;
  effective: Amount;
}

function draftOf(drafts: Map<string, Draft>, tenant: string): Draft {
  let draft = drafts.get(tenant);
  if (draft === undefined) {
    draft = { lines: [], billed: ZERO, effective: ZERO };
    drafts.set(tenant, draft);
  }
  return draft;
}

function compareParts(a: Part, b: Part): number {
  return (
    compareOrigins(a.origin, b.origin) ||
    compareText(a.origin.rule?.tier ?? '', b.origin.rule?.tier ?? '') ||
    compareText(a.origin.rule?.id ?? '', b.origin.rule?.id ?? '') ||
    compareText(a.method, b.method) ||
    compareText(a.driver, b.driver)
  );
}

function compareOrigins(a: Origin, b: Origin): number {
  return (
    compareText(a.source, b.source) ||
    compareText(a.account, b.account) ||
    compareText(a.service, b.service) ||
    compareText(a.cluster, b.cluster) ||
    compareText(a.namespace, b.namespace) ||
    compareText(a.region, b.region) ||
    compareText(a.subAccount, b.subAccount) ||
    compareText(a.category, b.category)
  );
}

/** Groups sorted parts whose lines have the same descriptors. */
function* runs(parts: readonly Part[]): Generator<readonly Part[]> {
  let run: Part[] = [];
  for (const part of parts) {
    const [first] = run;
    if (first !== undefined && compareOrigins(first.origin, part.origin) !== 0) {
      yield run;
      run = [];
    }
    run.push(part);
  }
  if (run.length > 0) yield run;
}

interface Place {
  readonly part: Part;
  readonly i: number;
  readonly target: Target;
}

/** The lines of parts with the same descriptors: by product first, then in the order of the parts. */
function inProductOrder(run: readonly Part[]): Place[] {
  const places = run.flatMap((part) => part.to.targets.map((target, i) => ({ part, i, target })));
  // The targets of one part are in order already, tenant by tenant.
  return run.length === 1 ? places : places.sort((a, b) => compareText(a.target.product, b.target.product));
}

function lineOf(part: Part, target: Target, billed: bigint, effective: bigint): AttributionLine {
  const { origin } = part;
  return {
    source: origin.source,
    account: origin.account,
    service: origin.service,
    cluster: origin.cluster,
    namespace: origin.namespace,
    region: origin.region,
    subAccount: origin.subAccount,
    category: origin.category,
    product: target.product,
    tier: origin.rule?.tier ?? '',
    ruleId: origin.rule?.id ?? '',
    method: part.method,
    driver: part.driver,
    weight: target.weightText,
    totalWeight: part.to.totalText,
    billed: billed as Amount,
    effective: effective as Amount,
    reason: target.tenant === UNALLOCATED ? part.reason : '',
  };
}

function documentOf(
  tenant: string,
  { lines, billed, effective }: Draft,
  { day, currency, status, stamp }: DocumentHead,
  quote: (text: string) => string,
): AttributionDocument {
  const digest = documentDigest(status, lines, quote);
  return { day, tenant, currency, status, billed, effective, ...stamp, digest, lines };
}

function memoize<K, V>(compute: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) {
      value = compute(key);
      known.set(key, value);
    }
    return value;
  };
}
