import { canonicalJson } from '../../attribution/canonical-json.ts';
import type { Ledger } from '../simulation/ledger.ts';

/** The same ledger with its texts in one form, whoever wrote them: the order of an object's members says nothing. */
export function comparable(ledger: Ledger): Ledger {
  return new Map([...ledger].map(([key, text]) => [key, canonicalJson(JSON.parse(quantitiesAsText(text)))]));
}

/** Quantities are integers without a limit: as text, no parser rounds them. */
function quantitiesAsText(text: string): string {
  return text.replaceAll(/"quantity":(\d+)/g, '"quantity":"$1"');
}
