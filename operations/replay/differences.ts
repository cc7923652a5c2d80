import { ZERO } from '../../attribution/amount.ts';
import { compareText } from '../../attribution/canonical-json.ts';
import type { AttributionDocument } from '../../schemas/attribution-document.ts';
import type { Amount, Day } from '../../schemas/scalars.ts';

/** What becomes of a tenant's day. */
export interface DocumentDifference {
  readonly day: Day;
  readonly tenant: string;
  readonly currency: string;
  readonly before: DocumentSide;
  readonly after: DocumentSide;
}

/** Nothing counts as a document without lines. */
export interface DocumentSide {
  readonly billed: Amount;
  readonly effective: Amount;
  readonly lines: number;
  readonly digest: string;
}

const NOTHING: DocumentSide = { billed: ZERO, effective: ZERO, lines: 0, digest: '' };

/** The documents that differ in anything but version and revision, in the order of day, tenant and currency. */
export function documentDifferences(
  before: Iterable<AttributionDocument>,
  after: Iterable<AttributionDocument>,
): readonly DocumentDifference[] {
  const pairs = new Map<string, { one: AttributionDocument; before: DocumentSide; after: DocumentSide }>();
  for (const document of before)
    pairs.set(keyOf(document), { one: document, before: sideOf(document), after: NOTHING });
  for (const document of after) {
    const pair = pairs.get(keyOf(document));
    pairs.set(keyOf(document), { one: document, before: pair?.before ?? NOTHING, after: sideOf(document) });
  }
  return [...pairs.values()]
    .filter((pair) => pair.before.digest !== pair.after.digest && pair.before.lines + pair.after.lines > 0)
    .map(({ one: { day, tenant, currency }, ...sides }) => ({ day, tenant, currency, ...sides }))
    .sort((a, b) => a.day - b.day || compareText(a.tenant, b.tenant) || compareText(a.currency, b.currency));
}

function keyOf({ day, tenant, currency }: AttributionDocument): string {
  return JSON.stringify([day, tenant, currency]);
}

function sideOf({ billed, effective, lines, digest }: AttributionDocument): DocumentSide {
  return { billed, effective, lines: lines.length, digest };
}
