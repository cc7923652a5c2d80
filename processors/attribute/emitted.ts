import { sha256 } from '../../attribution/canonical-json.ts';
import { statementText } from '../../attribution/statement-text.ts';
import type { AttributionDocument } from '../../schemas/attribution-document.ts';
import type { Statement } from '../../schemas/statement.ts';

/**
 * What readers hold of a day: the digest of each document that has lines, and of each statement. A digest may be
 * `UNKNOWN`: readers may hold some document there, nobody knows which.
 */
export interface Emitted {
  /** By currency, then tenant. */
  readonly documents: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** By currency. */
  readonly statements: ReadonlyMap<string, string>;
}

/** Equals the digest of nothing. */
const UNKNOWN = '';

export const NOTHING_EMITTED: Emitted = { documents: new Map(), statements: new Map() };

/** All documents and statements of a day, as `allocateDay` gives them. */
export interface DayResult {
  readonly documents: readonly AttributionDocument[];
  readonly statements: readonly Statement[];
}

/** What readers hold once they have read the result. */
export function emittedBy(result: DayResult): Emitted {
  const documents = new Map<string, Map<string, string>>();
  for (const { currency, tenant, digest } of result.documents) {
    let tenants = documents.get(currency);
    if (tenants === undefined) {
      tenants = new Map();
      documents.set(currency, tenants);
    }
    tenants.set(tenant, digest);
  }
  const statements = new Map(result.statements.map((one) => [one.currency, digestOfStatement(one)]));
  return { documents, statements };
}

/** What readers hold of a day when anything may have been written: an unknown document for each tenant and currency. */
export function emittedUnknown(tenants: Iterable<string>, currencies: Iterable<string>): Emitted {
  const unknown = new Map([...tenants].map((tenant) => [tenant, UNKNOWN]));
  const all = [...new Set(currencies)];
  return {
    documents: new Map(all.map((currency) => [currency, unknown])),
    statements: new Map(all.map((currency) => [currency, UNKNOWN])),
  };
}

/** The parts of `result` that readers who hold `before` do not have yet. */
export function changedIn(result: DayResult, before: Emitted): DayResult {
  return {
    documents: result.documents.filter((one) => before.documents.get(one.currency)?.get(one.tenant) !== one.digest),
    statements: result.statements.filter((one) => before.statements.get(one.currency) !== digestOfStatement(one)),
  };
}

/** What readers who hold `before` have, and `after` has no more: it must be replaced by something empty. */
export function vanishedFrom(before: Emitted, after: Emitted): { documents: DocumentKey[]; currencies: string[] } {
  const documents: DocumentKey[] = [];
  for (const [currency, tenants] of before.documents) {
    const kept = after.documents.get(currency);
    for (const tenant of tenants.keys()) if (!kept?.has(tenant)) documents.push({ tenant, currency });
  }
  const currencies = [...before.statements.keys()].filter((currency) => !after.statements.has(currency));
  return { documents, currencies };
}

export interface DocumentKey {
  readonly tenant: string;
  readonly currency: string;
}

export function sizeOf(emitted: Emitted): number {
  let size = emitted.statements.size;
  for (const tenants of emitted.documents.values()) size += tenants.size;
  return size;
}

/** The text leaves out version and revision, which say when a statement was made, not what it states. */
function digestOfStatement(statement: Statement): string {
  return sha256(statementText(statement));
}
