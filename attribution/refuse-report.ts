import type { CostLine, CostReport } from '../schemas/cost-report.ts';
import type { Amount } from '../schemas/scalars.ts';
import { costReports } from '../schemas/topics.ts';
import { faultOfInstant, faultOfText, type Refusal } from './refusal.ts';

/**
 * The greatest amount of one line, in units of 10^-12: 10^18 of a currency. The sum of all lines that reports can hold
 * then still fits the 38 digits that Avro and Postgres keep.
 */
export const MAX_LINE_AMOUNT = 10n ** 30n;

/** What is wrong with a currency, or null. */
export function faultOfCurrency(currency: string): string | null {
  if (CURRENCY.test(currency)) return null;
  return `currency ${JSON.stringify(currency.slice(0, 20))} is not an ISO 4217 code such as USD.`;
}

const CURRENCY = /^[A-Z]{3}$/;

/** Why a cost report is refused by its content alone, or null. */
export function refuseReport(report: CostReport): Refusal | null {
  const fault = faultOfReport(report) ?? faultOfLines(report.lines);
  if (fault !== null) return { reason: 'invalid', detail: fault };
  if (report.source === '') return { reason: 'empty_id', detail: 'source is empty.' };
  if (report.account === '') return { reason: 'empty_id', detail: 'account is empty.' };
  return null;
}

/**
 * Why a report is refused under the key of its record, or null. Compaction keeps the newest record of a key, so a report
 * under another's would delete the other.
 *
 * @throws RangeError for a day that no calendar has
 */
export function refuseReportKey(report: CostReport, recordKey: Buffer | null): Refusal | null {
  const key = costReports.key(report);
  if (recordKey?.toString() === key) return null;
  return { reason: 'wrong_key', detail: `The record's key is not ${key}, which is the key of its report.` };
}

function faultOfReport(report: CostReport): string | null {
  return (
    faultOfCurrency(report.currency) ??
    faultOfText('source', report.source) ??
    faultOfText('account', report.account) ??
    faultOfInstant('observedAt', report.observedAt)
  );
}

function faultOfLines(lines: readonly CostLine[]): string | null {
  for (const [index, line] of lines.entries()) {
    const fault = faultOfLine(line);
    if (fault !== null) return `lines[${index}].${fault}`;
  }
  return null;
}

/**
 * What is wrong with a line, or null. Resource and tags stay on the report and are no key of anything, so that only what
 * cannot be stored is refused.
 */
export function faultOfLine(line: CostLine): string | null {
  return (
    faultOfText('service', line.service) ??
    faultOfText('cluster', line.cluster) ??
    faultOfText('namespace', line.namespace) ??
    faultOfText('region', line.region) ??
    faultOfText('subAccount', line.subAccount) ??
    faultOfText('category', line.category) ??
    (line.resource.includes('\0') ? 'resource contains the character U+0000.' : null) ??
    faultOfAmount('billed', line.billed) ??
    faultOfAmount('effective', line.effective) ??
    faultOfTags(line.tags)
  );
}

function faultOfAmount(name: string, amount: Amount): string | null {
  if (amount <= MAX_LINE_AMOUNT && amount >= -MAX_LINE_AMOUNT) return null;
  return `${name} is beyond 10^18, which no line may be.`;
}

function faultOfTags(tags: CostLine['tags']): string | null {
  for (const [name, value] of Object.entries(tags)) {
    if (name.includes('\0') || value.includes('\0')) return 'tags contain the character U+0000.';
    // A decoder that assigns it would set the prototype of the tags instead of a tag.
    if (name === '__proto__') return 'tags have the name __proto__, which cannot be kept.';
  }
  return null;
}
