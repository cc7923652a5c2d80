/** What a subscriber holds in the end: the texts of all documents and statements, without revision and version. */
import { documentText } from '../../attribution/document-text.ts';
import { statementText } from '../../attribution/statement-text.ts';
import type { AttributionDocument } from '../../schemas/attribution-document.ts';
import type { Statement } from '../../schemas/statement.ts';
import { attributions, statements } from '../../schemas/topics.ts';

/** From key to text, sorted. */
export type Ledger = ReadonlyMap<string, string>;

export function ledgerOf(documents: readonly AttributionDocument[], stated: readonly Statement[]): Ledger {
  const unstamped = { calcVersion: 0, revision: 0 };
  // What is empty stands for what is not there.
  const full = documents.filter(({ lines }) => lines.length > 0);
  const entries = [
    ...full.map((one): [string, string] => [attributions.key(one), documentText({ ...one, ...unstamped })]),
    ...stated.filter(saysSomething).map((one): [string, string] => [statements.key(one), statementText(one)]),
  ];
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The same ledger but for how often lines were repeated, be it alike or in conflict with the first. */
export function withoutRepeats(ledger: Ledger): Ledger {
  const counts = /"(conflicting|duplicates)":\d+/g;
  return new Map([...ledger].map(([key, text]) => [key, text.replaceAll(counts, '"$1":"*"')]));
}

/** The statement of a currency that a day no longer has says nothing. */
function saysSomething({ sources, missingSources, usage }: Statement): boolean {
  return sources.length + missingSources.length + usage.length > 0;
}
