/**
 * Whether Postgres can keep a record. What it cannot keep would be refused again and again, and stop the partition:
 * such a record is a dead letter instead. No record of Apportion's own processors is one.
 */
import { faultOfInstant, type Refusal } from '../../attribution/refusal.ts';
import { refuseReport } from '../../attribution/refuse-report.ts';
import type { AttributionDocument } from '../../schemas/attribution-document.ts';
import type { CostReport } from '../../schemas/cost-report.ts';
import { parseDay } from '../../schemas/day.ts';
import type { SourceStatus } from '../../schemas/source-status.ts';
import type { Money, Statement } from '../../schemas/statement.ts';
import type { UsageTotal } from '../../schemas/usage-total.ts';

/** Why a cost report cannot be kept, or null. */
export function refuseCostReport(report: CostReport): Refusal | null {
  return refuseReport(report) ?? refusal(faultOfDay(report.day) ?? faultOfTime('observedAt', report.observedAt));
}

/** Why a usage total cannot be kept, or null. */
export function refuseTotal(total: UsageTotal): Refusal | null {
  const { tenant, meter, product, cluster, namespace, topic, identity, refusedMeter } = total;
  return refusal(
    faultOfDay(total.day) ??
      faultOfKey([tenant, meter, product, cluster, namespace, topic, identity]) ??
      faultOfTexts([refusedMeter]) ??
      faultOfNumbers([total.quantity]),
  );
}

/** Why a document cannot be kept with its lines and history, or null. */
export function refuseDocument(document: AttributionDocument): Refusal | null {
  return refusal(
    faultOfDay(document.day) ??
      faultOfTexts([document.digest]) ??
      faultOfKey([document.tenant, document.currency]) ??
      faultOfNumbers([document.billed, document.effective]) ??
      faultOfLines(document),
  );
}

/** Why a statement cannot be kept with its sources, reasons and usage, or null. */
export function refuseStatement(statement: Statement): Refusal | null {
  return refusal(
    faultOfDay(statement.day) ??
      faultOfTexts([statement.digest]) ??
      faultOfSources(statement) ??
      firstFault(statement.missingSources, ({ source, account }) => faultOfKey([source, account])) ??
      firstFault(statement.negativeBases, (base) => faultOfTexts([base.tier, base.tenant, base.product])) ??
      firstFault(statement.usage, ({ meter, quantity }) => faultOfKey([meter]) ?? faultOfNumbers([quantity])) ??
      faultOfRepeats(statement),
  );
}

/** Why the state of a source cannot be kept, or null. */
export function refuseSourceStatus(status: SourceStatus): Refusal | null {
  const { poller, source, detail, warnings, accounts, lastRunAt, lastSuccessAt, nextRunAt, updatedAt } = status;
  const times = { lastRunAt, lastSuccessAt, nextRunAt, updatedAt };
  return refusal(
    faultOfKey([poller]) ??
      faultOfTexts([source, detail, ...warnings]) ??
      firstFault(accounts, (account) => faultOfTexts([account.account, account.detail])) ??
      firstFault(Object.entries(times), ([name, time]) => (time === null ? null : faultOfTime(name, time))) ??
      firstFault(accounts, (account) => faultOfTime('lastSuccessAt', account.lastSuccessAt ?? 0)) ??
      firstFault(
        accounts,
        ({ firstDay, lastDay }) => faultOfDay(firstDay ?? FIRST_DAY) ?? faultOfDay(lastDay ?? FIRST_DAY),
      ),
  );
}

/** A month has a partition of each table, so that wild days must not be let in. */
const FIRST_DAY = parseDay('2000-01-01') ?? 0;
const LAST_DAY = parseDay('2199-12-31') ?? 0;

/** A B-tree entry of Postgres holds 2,704 bytes; the parts of a key that are not texts need less than the rest. */
const MAX_KEY_BYTES = 2500;

/** What NUMERIC(38) holds. */
const LIMIT = 10n ** 38n;
const INTEGER = /^\d{0,1000}$/;
const DECIMAL = /^-?\d{1,400}(\.\d{1,400})?$/;
/** Postgres has no year 0. */
const FIRST_INSTANT = Date.parse('0001-01-01T00:00:00.000Z');

function refusal(fault: string | null): Refusal | null {
  return fault === null ? null : { reason: 'invalid', detail: `Postgres cannot keep the record: ${fault}` };
}

function faultOfDay(day: number): string | null {
  return day >= FIRST_DAY && day <= LAST_DAY ? null : `day ${day} is not between 2000-01-01 and 2199-12-31.`;
}

function faultOfTime(name: string, instant: number): string | null {
  return instant < FIRST_INSTANT ? `${name} lies before the year 1.` : faultOfInstant(name, instant);
}

function faultOfTexts(texts: readonly string[]): string | null {
  for (const text of texts) if (text.includes('\0')) return `${JSON.stringify(text)} contains the character U+0000.`;
  return null;
}

function faultOfKey(texts: readonly string[]): string | null {
  let bytes = 0;
  for (const text of texts) bytes += text.length;
  // A UTF-16 unit takes one to three bytes, so few texts have to be measured.
  if (bytes * 3 > MAX_KEY_BYTES) bytes = Buffer.byteLength(texts.join(''));
  return bytes > MAX_KEY_BYTES ? `its key is longer than ${MAX_KEY_BYTES} bytes.` : faultOfTexts(texts);
}

function faultOfNumbers(numbers: readonly bigint[]): string | null {
  for (const n of numbers) if (n >= LIMIT || n <= -LIMIT) return `${n} has more than 38 digits.`;
  return null;
}

function faultOfMoney(amounts: readonly Money[]): string | null {
  return firstFault(amounts, ({ billed, effective }) => faultOfNumbers([billed, effective]));
}

function firstFault<T>(values: readonly T[], faultOf: (value: T) => string | null): string | null {
  for (const value of values) {
    const fault = faultOf(value);
    if (fault !== null) return fault;
  }
  return null;
}

function faultOfLines({ tenant, currency, lines }: AttributionDocument): string | null {
  return firstFault(lines, (line) => {
    const { source, account, service, cluster, namespace, region, subAccount, category, product } = line;
    const { tier, ruleId, driver, weight, totalWeight, reason } = line;
    return (
      faultOfKey([tenant, currency, product, source, service]) ??
      faultOfTexts([account, cluster, namespace, region, subAccount, category, tier, ruleId, driver, reason]) ??
      faultOfNumbers([line.billed, line.effective]) ??
      (INTEGER.test(weight) && INTEGER.test(totalWeight) ? null : 'a weight is not integer text.')
    );
  });
}

function faultOfSources({ currency, sources }: Statement): string | null {
  return firstFault(sources, (source) => {
    const { unallocated, heldReasons, rate, rateDay } = source;
    return (
      faultOfKey([currency, source.source, source.account]) ??
      faultOfTime('observedAt', source.observedAt) ??
      faultOfMoney([source.in, source.allocated, source.covered, source.held, source.difference]) ??
      faultOfMoney([...Object.values(unallocated), ...Object.values(heldReasons)]) ??
      faultOfTexts([...Object.keys(unallocated), ...Object.keys(heldReasons)]) ??
      (rate === null || DECIMAL.test(rate) ? null : 'a rate is not decimal text.') ??
      (rateDay === null ? null : faultOfDay(rateDay))
    );
  });
}

function faultOfRepeats({ sources, usage }: Statement): string | null {
  const accounts = new Set(sources.map(({ source, account }) => JSON.stringify([source, account])));
  if (accounts.size < sources.length) return 'a source and account stand twice.';
  return new Set(usage.map(({ meter }) => meter)).size < usage.length ? 'a meter stands twice.' : null;
}
