import type { ApportionError } from '../../runtime/errors.ts';
import { redact } from '../../runtime/redaction.ts';
import { dayOf, parseDay } from '../../schemas/day.ts';
import type { Day, Instant } from '../../schemas/scalars.ts';
import type { AccountStatus, SourceState, SourceStatus } from '../../schemas/source-status.ts';
import { stateOfError } from './errors.ts';
import type { PollMemory } from './memory.ts';
import type { Run } from './run.ts';
import type { CommonSettings } from './settings.ts';

/** The status of a source that was never asked. */
export function initialStatus(poller: string, source: string, nextRunAt: Instant | null, now: Instant): SourceStatus {
  const never = { lastRunAt: null, lastSuccessAt: null, nextRunAt, requests: 0, records: 0, requestsLeft: null };
  return { poller, source, state: 'initial', detail: '', ...never, warnings: [], accounts: [], updatedAt: now };
}

export interface StatusOptions {
  readonly name: string;
  readonly run: Run;
  /** What broke the run as a whole. */
  readonly failure: ApportionError | null;
  readonly memory: PollMemory;
  readonly common: CommonSettings;
  readonly nextRunAt: Instant | null;
  readonly now: Instant;
}

/** The status of a source after a run. */
export function statusOf({ name, run, failure, memory, common, nextRunAt, now }: StatusOptions): SourceStatus {
  const accounts = [...run.outcomes].map(([account, error]) => accountStatus(run, memory, account, error));
  const worst = failure ?? [...run.outcomes.values()].find((error) => error !== null) ?? null;
  const isSuccess = failure === null && run.faultCount === 0;
  return {
    poller: name,
    source: common.source,
    state: worst === null ? stateWithoutError(isSuccess) : stateOfError(worst),
    detail: worst === null ? redact(run.faults[0] ?? '') : textOf(worst),
    lastRunAt: run.startedAt,
    lastSuccessAt: isSuccess ? run.startedAt : memory.lastSuccessAt,
    nextRunAt,
    requests: run.requests,
    records: run.reports + run.samples,
    requestsLeft: common.dailyRequests === null ? null : common.dailyRequests - memory.requestsOn(dayOf(now)),
    warnings: run.warnings.map(redact),
    accounts,
    updatedAt: now,
  };
}

/** Faults without an error are parts of what the source has that could not be used. */
function stateWithoutError(isSuccess: boolean): SourceState {
  return isSuccess ? 'ok' : 'missing_data';
}

/** Days before today that the coverage of an account is told of. */
const COVERAGE_DAYS = 62;

function accountStatus(run: Run, memory: PollMemory, account: string, error: ApportionError | null): AccountStatus {
  const today = dayOf(run.startedAt);
  const known = [...memory.sent.daysOf(run.source, account, (today - COVERAGE_DAYS) as Day, today)].sort();
  const firstDay = parseDay(known[0] ?? '');
  const lastDay = parseDay(known.at(-1) ?? '');
  return {
    account,
    state: error === null ? 'ok' : stateOfError(error),
    detail: error === null ? '' : textOf(error),
    lastSuccessAt: memory.account(account).readAt,
    firstDay,
    lastDay,
    missingDays: firstDay === null || lastDay === null ? 0 : lastDay - firstDay + 1 - known.length,
  };
}

function textOf({ message, advice }: ApportionError): string {
  return redact(`${message} ${advice}`);
}
