import { faultOfInstant, faultOfText, type Refusal } from '../../attribution/refusal.ts';
import { refuseReport, refuseReportKey } from '../../attribution/refuse-report.ts';
import { type Codec, type InputRecord, Undecodable } from '../../runtime/task.ts';
import type { CostReport } from '../../schemas/cost-report.ts';
import { dayOf, formatDay, startOf } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';
import { costReports, type Topic, usageTotals } from '../../schemas/topics.ts';
import type { UsageTotal } from '../../schemas/usage-total.ts';
import { QUANTITY_LIMIT } from './standing-totals.ts';

/** Why a record is no input, which becomes a dead letter. */
export class Refused {
  /** `empty`, `undecodable`, `unknown_schema`, `invalid`, `empty_id`, `wrong_key`, `beyond_horizon`, `in_future`. */
  readonly reason: string;
  readonly detail: string;

  constructor(reason: string, detail: string) {
    this.reason = reason;
    this.detail = detail;
  }
}

/** How far the day of an input may lie ahead of the record: bills name the days that a commitment was bought for. */
const FUTURE_DAYS = 400;

/** To be raised when records are accepted that were refused before, or the other way round. */
const RULES = 1;

/** What decides, beside the record itself, whether it is an input. */
export function acceptanceWith(horizonDays: number): string {
  return `${RULES}/${horizonDays}`;
}

/** The cost report in a record, or why there is none that counts. */
export function readReport(codec: Codec, record: InputRecord, horizonDays: number): CostReport | Refused {
  const report = decode(codec, costReports, record);
  if (report instanceof Refused) return report;
  return (
    refusedBy(refuseReport(report)) ??
    refuseDay(record, report.day, horizonDays) ??
    refusedBy(refuseReportKey(report, record.key)) ??
    report
  );
}

function refusedBy(refusal: Refusal | null): Refused | null {
  return refusal === null ? null : new Refused(refusal.reason, refusal.detail);
}

/** The usage total in a record, or why there is none that counts. */
export function readTotal(codec: Codec, record: InputRecord, horizonDays: number): UsageTotal | Refused {
  const total = decode(codec, usageTotals, record);
  if (total instanceof Refused) return total;
  const fault = faultOfTotal(total);
  if (fault !== null) return new Refused('invalid', fault);
  return refuseDay(record, total.day, horizonDays) ?? total;
}

/** The value of a record, or why there is none. */
export function decode<T>(codec: Codec, topic: Topic<T>, record: InputRecord): T | Refused {
  const value = codec.decode(topic, record.value);
  return value instanceof Undecodable ? new Refused(value.reason, value.detail) : value;
}

/** Judged by the record's own timestamp, never by a clock: a replay must come to the same end. */
function refuseDay(record: InputRecord, day: Day, horizonDays: number): Refused | null {
  const fault = faultOfInstant('day', startOf(day));
  if (fault !== null) return new Refused('invalid', fault);
  const age = dayOf(record.timestampMs) - day;
  if (age > horizonDays) {
    const detail = `${formatDay(day)} lies ${age} days before the record, beyond the horizon of ${horizonDays} days.`;
    return new Refused('beyond_horizon', detail);
  }
  if (-age > FUTURE_DAYS) {
    return new Refused('in_future', `${formatDay(day)} lies over ${FUTURE_DAYS} days after the record.`);
  }
  return null;
}

function faultOfTotal(total: UsageTotal): string | null {
  if (total.meter === '') return 'meter is empty.';
  if (total.quantity < 0n || total.quantity >= QUANTITY_LIMIT) return 'quantity is not from 0 to 2^104.';
  return (
    faultOfText('cluster', total.cluster) ??
    faultOfText('namespace', total.namespace) ??
    faultOfText('tenant', total.tenant) ??
    faultOfText('product', total.product) ??
    faultOfText('meter', total.meter) ??
    faultOfCount('partition', total.partition) ??
    faultOfCount('callCount', total.callCount ?? 0) ??
    faultOfCount('duplicates', total.duplicates) ??
    faultOfCount('conflicting', total.conflicting) ??
    faultOfCount('late', total.late) ??
    faultOfCount('through', total.through)
  );
}

function faultOfCount(name: string, count: number): string | null {
  return Number.isSafeInteger(count) && count >= 0 ? null : `${name} is not a whole number from 0 to 2^53.`;
}
