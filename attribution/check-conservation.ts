import type { AttributionDocument } from '../schemas/attribution-document.ts';
import type { Statement } from '../schemas/statement.ts';
import { invariant } from './invariant.ts';

/** All documents of a day and currency together are all charges less what is covered and held; throws otherwise. */
export function checkConservation(
  documents: readonly AttributionDocument[],
  { currency, sources }: Pick<Statement, 'currency' | 'sources'>,
): void {
  for (const field of ['billed', 'effective'] as const) {
    let left = 0n;
    for (const row of sources) left += row.in[field] - row.covered[field] - row.held[field];
    for (const document of documents) left -= document[field];
    invariant(left === 0n, () => `the documents in ${currency} miss ${left} units of 10^-12 ${field}.`);
  }
}
