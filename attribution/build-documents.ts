import { type AttributionDocument, type AttributionLine, UNALLOCATED } from '../schemas/attribution-document.ts';
import type { ReportStatus } from '../schemas/cost-report.ts';
import type { Amount, Day } from '../schemas/scalars.ts';
import { ZERO } from './amount.ts';
import { compareText } from './canonical-json.ts';
import { computeOnce } from './compute-once.ts';
import { documentDigest, quoteText } from './document-text.ts';
import type { Part, Share } from './part.ts';
import { addTo, type Origin } from './read-report.ts';

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
  for (const run of runs(parts.toSorted(compareParts))) {
    for (const { part, share } of inProductOrder(run)) {
      const draft = computeOnce(drafts, share.target.tenant, newDraft);
      draft.lines.push(lineOf(part, share));
      addTo(draft, share);
    }
  }
  const quotes = new Map<string, string>();
  const quote = (text: string): string => computeOnce(quotes, text, quoteText);
  return [...drafts]
    .sort(([a], [b]) => compareText(a, b))
    .map(([tenant, draft]) => documentOf(tenant, draft, head, quote));
}

interface Draft {
  readonly lines: AttributionLine[];
  billed: Amount;
  effective: Amount;
}

function newDraft(): Draft {
  return { lines: [], billed: ZERO, effective: ZERO };
}

function compareParts(a: Part, b: Part): number {
  return (
    compareOrigins(a.origin, b.origin) ||
    compareText(a.origin.tier, b.origin.tier) ||
    compareText(a.origin.ruleId, b.origin.ruleId) ||
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
  yield run;
}

/** What becomes a line. */
interface Place {
  readonly part: Part;
  readonly share: Share;
}

/** The lines of parts with the same descriptors: by product first, then in the order of the parts. */
function inProductOrder(run: readonly Part[]): Place[] {
  const places = run.flatMap((part) => part.shares.map((share) => ({ part, share })));
  // The shares of one part are in order already, tenant by tenant.
  return run.length === 1 ? places : places.sort((a, b) => compareText(a.share.target.product, b.share.target.product));
}

function lineOf(
  { origin, method, driver, totalWeight, reason }: Part,
  { target, billed, effective }: Share,
): AttributionLine {
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
    tier: origin.tier,
    ruleId: origin.ruleId,
    method,
    driver,
    weight: target.weightText,
    totalWeight,
    billed,
    effective,
    reason: target.tenant === UNALLOCATED ? reason : '',
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
