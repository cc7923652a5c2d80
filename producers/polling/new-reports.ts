import { type CostReport, MAX_REPORT_BYTES } from '../../schemas/cost-report.ts';
import { dayOf, formatDay } from '../../schemas/day.ts';
import type { Instant } from '../../schemas/scalars.ts';
import type { DayCost } from '../poller.ts';
import { faultOfReport, partsOf } from '../report-parts.ts';
import { addUp } from './add-up.ts';
import { sourceError } from './errors.ts';
import { contentDigest, type SentReport, type SentReports } from './sent-reports.ts';

export interface NewReportsOptions {
  /** What the poller's records name as their source. */
  readonly source: string;
  readonly startedAt: Instant;
  readonly acceptEmpty: boolean;
  readonly sent: SentReports;
}

export interface NewReports {
  /** To be published: what differs from what was sent before. */
  readonly reports: readonly CostReport[];
  /** Whether another look is due soon: lines have changed, or what has not is not known to be settled. */
  readonly isUnsettled: boolean;
  /** Whether the source says of a day that had cost that it has none. */
  readonly isEmptyRefused: boolean;
}

/**
 * Makes the reports of a day: lines with equal descriptors added up, cut by sub-account where it is too large for a
 * record, parts that are no more emptied, and what was sent already left out.
 *
 * @throws ApportionError `source_garbled` when what the source says cannot be a report
 */
export function newReports(cost: DayCost, options: NewReportsOptions): NewReports {
  const { sent, startedAt, acceptEmpty } = options;
  const source = cost.source ?? options.source;
  if (cost.lines.length === 0 && !acceptEmpty) {
    const isEmptyRefused = sent.find(source, cost.account, cost.day)?.isEmpty === false;
    return { reports: [], isUnsettled: false, isEmptyRefused };
  }
  const whole: CostReport = {
    source,
    account: cost.account,
    day: cost.day,
    currency: cost.currency,
    observedAt: cost.observedAt ?? startedAt,
    status: typeof cost.status === 'string' ? cost.status : 'estimated',
    lines: addUp(cost.lines),
  };
  const parts = withEmptied(partsOf(whole, cost.bySubAccount), whole, sent);
  let isUnsettled = false;
  const reports = parts.flatMap((part) => {
    const before = sent.find(source, part.account, part.day);
    const isSame = before?.digest === contentDigest(part);
    const status = statusOf(cost, isSame ? before : null, startedAt);
    isUnsettled ||= !isSame || (typeof cost.status !== 'string' && status === 'estimated');
    if (isSame && before.status === status) return [];
    // A clock that was set back must not make the new report look older than the one it replaces.
    const observedAt = Math.max(part.observedAt, before === null ? 0 : before.observedAt + 1);
    return [checked({ ...part, status, observedAt })];
  });
  return { reports, isUnsettled, isEmptyRefused: false };
}

/** Settled is what is old enough, and stands as it stood on an earlier day. */
function statusOf({ status, day }: DayCost, same: SentReport | null, now: Instant): CostReport['status'] {
  if (typeof status === 'string') return status;
  if (same === null || dayOf(now) - day < status.settledAfterDays) return 'estimated';
  return same.status === 'final' || dayOf(same.observedAt) < dayOf(now) ? 'final' : 'estimated';
}

/** A day that was cut into parts keeps those of them that this one does not have, unless they are emptied. */
function withEmptied(parts: readonly CostReport[], whole: CostReport, sent: SentReports): readonly CostReport[] {
  const present = new Set(parts.map(({ account }) => account));
  const gone = sent
    .accountsOf(whole.source, whole.account, whole.day)
    .filter((account) => !present.has(account) && sent.find(whole.source, account, whole.day)?.isEmpty === false);
  return [...parts, ...gone.map((account) => ({ ...whole, account, lines: [] }))];
}

function checked(report: CostReport): CostReport {
  const fault = faultOfReport(report);
  if (fault === null) return report;
  const { source, account, day } = report;
  throw sourceError(
    'source_garbled',
    `What ${source} says of ${account} on ${formatDay(day)} cannot be a report (at most ${MAX_REPORT_BYTES} bytes): ${fault}`,
  );
}
