import { parseAmount } from '../../attribution/amount.ts';
import { faultOfText } from '../../attribution/refusal.ts';
import { faultOfCurrency, faultOfLine } from '../../attribution/refuse-report.ts';
import { DAY_MS } from '../../schemas/day.ts';
import type { Amount, Instant } from '../../schemas/scalars.ts';
import type { Columns, Place } from './columns.ts';
import type { FocusFileConfig } from './config.ts';
import type { Described, Descriptors } from './descriptors.ts';
import { rememberingParseUtc } from './parse-utc.ts';
import type { Tags } from './read-tags.ts';
import { type FocusRow, type KnownScope, RowFault } from './row.ts';

/** Three years, the longest commitment that is sold, and a day for time zones. */
const MAX_PERIOD_MS = (3 * 366 + 1) * DAY_MS;

/** Thrown and caught within this file only: it ends the reading of a row at its first fault. */
class Refused extends Error {}

/** Reads the rows of one file. `NULL` and the empty text are null. */
export class RowParser {
  readonly #columns: Columns;
  readonly #config: FocusFileConfig;
  readonly #descriptors: Descriptors;
  readonly #parseUtc = rememberingParseUtc();

  constructor(columns: Columns, config: FocusFileConfig, descriptors: Descriptors) {
    this.#columns = columns;
    this.#config = config;
    this.#descriptors = descriptors;
  }

  parse(cells: readonly string[]): FocusRow | RowFault {
    const scope: KnownScope = { source: null, account: null, period: null };
    try {
      return this.#parse(cells, scope);
    } catch (error) {
      if (error instanceof Refused) return new RowFault(error.message, scope);
      throw error;
    }
  }

  /** Reads what the row belongs to first, so that a fault in the rest leaves other accounts and days whole. */
  #parse(cells: readonly string[], scope: KnownScope): FocusRow {
    const columns = this.#columns;
    if (cells.length !== columns.count) {
      throw new Refused(`The row has ${cells.length} cells where the header has ${columns.count}.`);
    }
    const source = sourceOf(required(cells, columns.provider, 'the provider'), this.#config);
    scope.source = source;
    const account = columns.account
      .map((column, index) => required(cells, column, this.#config.accountColumns[index] ?? ''))
      .join('/');
    refuseIf(faultOfText('account', account));
    scope.account = account;
    const { start, end } = this.#periodOf(cells);
    scope.period = { start, end };

    const currency = required(cells, columns.currency, 'BillingCurrency');
    refuseIf(faultOfCurrency(currency));
    const billed = amountOf(cells, columns.billed, 'BilledCost');
    const effective = amountOf(cells, columns.effective, 'EffectiveCost');
    const described = this.#describe(cells);
    refuseIf(faultOfLine({ ...described, tags: described.tags.tags, billed, effective }));
    const billingStart = this.#optionalInstant(cells, columns.billingStart, 'BillingPeriodStart');
    const billingEnd = this.#optionalInstant(cells, columns.billingEnd, 'BillingPeriodEnd');
    return { source, account, currency, start, end, billingStart, billingEnd, described, billed, effective };
  }

  #periodOf(cells: readonly string[]): { start: Instant; end: Instant } {
    const { periodStart, periodEnd } = this.#columns;
    const start = this.#instant(required(cells, periodStart, 'ChargePeriodStart'), 'ChargePeriodStart');
    const end = this.#instant(required(cells, periodEnd, 'ChargePeriodEnd'), 'ChargePeriodEnd');
    if (end < start) throw new Refused('ChargePeriodEnd lies before ChargePeriodStart.');
    if (end - start > MAX_PERIOD_MS) throw new Refused('The charge period is longer than three years.');
    return { start, end };
  }

  #optionalInstant(cells: readonly string[], column: number | null, name: string): Instant | null {
    const text = optional(cells, column);
    return text === '' ? null : this.#instant(text, name);
  }

  #instant(text: string, name: string): Instant {
    const instant = this.#parseUtc(text);
    if (instant === null) throw new Refused(`${name} ${JSON.stringify(text)} is not a time in UTC.`);
    return instant;
  }

  #describe(cells: readonly string[]): Described {
    const columns = this.#columns;
    const tags = this.#descriptors.tagsOf(optional(cells, columns.tags));
    if (tags === null) throw new Refused('Tags is not a JSON object of whole characters with each name once.');
    const texts = {
      service: required(cells, columns.service, 'ServiceName'),
      cluster: placed(cells, tags.tags, columns.cluster),
      namespace: placed(cells, tags.tags, columns.namespace),
      region: optional(cells, columns.region),
      resource: optional(cells, columns.resource),
      subAccount: optional(cells, columns.subAccount),
      category: required(cells, columns.category, 'ChargeCategory'),
    };
    for (const text of Object.values(texts)) {
      if (text.includes('\0')) throw new Refused('A cell contains the character U+0000.');
    }
    return { ...texts, tags };
  }
}

function refuseIf(fault: string | null): void {
  if (fault !== null) throw new Refused(fault);
}

function optional(cells: readonly string[], column: number | null): string {
  const text = column === null ? '' : (cells[column] ?? '');
  return text === 'NULL' ? '' : text;
}

function required(cells: readonly string[], column: number, name: string): string {
  const text = optional(cells, column);
  if (text === '') throw new Refused(`${name} is null.`);
  return text;
}

function sourceOf(provider: string, config: FocusFileConfig): string {
  const source = Object.hasOwn(config.sources, provider) ? config.sources[provider] : slug(provider);
  refuseIf(faultOfText('source', source ?? ''));
  return source ?? '';
}

/** `Amazon Web Services` is `amazon-web-services`. */
function slug(provider: string): string {
  const text = provider.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '-');
  return text.replaceAll(/^-|-$/g, '') || provider;
}

function amountOf(cells: readonly string[], column: number, name: string): Amount {
  const amount = parseAmount(required(cells, column, name));
  if (typeof amount !== 'bigint') throw new Refused(`${name} ${amount.fault}`);
  return amount;
}

function placed(cells: readonly string[], tags: Tags, places: readonly Place[]): string {
  for (const place of places) {
    const text = 'column' in place ? optional(cells, place.column) : tagOf(tags, place.tag);
    if (text !== '') return text;
  }
  return '';
}

function tagOf(tags: Tags, name: string): string {
  return Object.hasOwn(tags, name) ? (tags[name] ?? '') : '';
}
