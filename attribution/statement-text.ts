import { formatDay } from '../schemas/day.ts';
import type { MeterUsage, Money, NegativeBase, SourceStatement, Statement } from '../schemas/statement.ts';
import { formatAmount } from './amount.ts';
import { compareText, sha256 } from './canonical-json.ts';

/**
 * A statement as one line of canonical JSON, without the line's end: what exports write. Fields in the order of the
 * file format, reasons sorted, quantities as integers of any size, optional fields only where they say something.
 */
export function statementText(statement: Statement): string {
  const { day, currency, digest, sources, missingSources, negativeBases, usage } = statement;
  const missing = missingSources.map(({ source, account }) => JSON.stringify({ source, account }));
  return object([
    ['day', JSON.stringify(formatDay(day))],
    ['currency', JSON.stringify(currency)],
    ['digest', JSON.stringify(digest)],
    ['sources', list(sources.map(sourceText))],
    ['missingSources', list(missing)],
    ...optional(negativeBases.length > 0, ['negativeBases', list(negativeBases.map(baseText))]),
    ['usage', list(usage.map(usageText))],
  ]);
}

/** SHA-256 over the digests of all documents of the day and currency, in tenant order, joined by line feeds. */
export function statementDigest(documentDigests: readonly string[]): string {
  return sha256(documentDigests.join('\n'));
}

function sourceText(row: SourceStatement): string {
  return object([
    ['source', JSON.stringify(row.source)],
    ['account', JSON.stringify(row.account)],
    ['observedAt', JSON.stringify(new Date(row.observedAt).toISOString())],
    ['status', JSON.stringify(row.status)],
    ['charges', String(row.charges)],
    ['in', moneyText(row.in)],
    ['allocated', moneyText(row.allocated)],
    ['covered', moneyText(row.covered)],
    ['held', moneyText(row.held)],
    ['unallocated', reasonsText(row.unallocated)],
    ['difference', moneyText(row.difference)],
    ...optional(row.rate !== null, ['rate', JSON.stringify(row.rate)]),
    ...(row.rateDay === null ? [] : [['rateDay', JSON.stringify(formatDay(row.rateDay))] as const]),
    ...optional(Object.keys(row.heldReasons).length > 0, ['heldReasons', reasonsText(row.heldReasons)]),
  ]);
}

function baseText({ tier, tenant, product, billed }: NegativeBase): string {
  return JSON.stringify({ tier, tenant, product, billed: formatAmount(billed) });
}

function usageText({ meter, quantity, late, conflicting, duplicates }: MeterUsage): string {
  return object([
    ['meter', JSON.stringify(meter)],
    ['quantity', quantity.toString()],
    ['late', String(late)],
    ['conflicting', String(conflicting)],
    ['duplicates', String(duplicates)],
  ]);
}

function moneyText({ billed, effective }: Money): string {
  return JSON.stringify({ billed: formatAmount(billed), effective: formatAmount(effective) });
}

function reasonsText(reasons: Readonly<Record<string, Money>>): string {
  return object(
    Object.entries(reasons)
      .sort(([a], [b]) => compareText(a, b))
      .map(([reason, money]) => [reason, moneyText(money)]),
  );
}

/** A member of an object: its name, and the JSON text of its value. */
type Member = readonly [name: string, json: string];

function optional(present: boolean, member: Member): Member[] {
  return present ? [member] : [];
}

function object(members: readonly Member[]): string {
  return `{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`;
}

function list(elements: readonly string[]): string {
  return `[${elements.join(',')}]`;
}
