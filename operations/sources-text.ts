import { styled } from '../runtime/terminal/style.ts';
import { table } from '../runtime/terminal/table.ts';
import { formatDay } from '../schemas/day.ts';
import type { Day, Instant } from '../schemas/scalars.ts';
import type { AccountStatus, SourceState, SourceStatus } from '../schemas/source-status.ts';

/** The sources as a table for people, a line per account, and below it what is the matter. */
export function sourcesText(sources: readonly SourceStatus[], now: Instant): string {
  const lines = sources.flatMap(linesOf);
  const rows = lines.map(({ poller, account, state, lastSuccessAt, nextRunAt, coverage }) => [
    poller,
    account,
    state.replaceAll('_', ' '),
    ageText(lastSuccessAt, now),
    nextRunAt === null ? '' : minute(nextRunAt),
    coverage,
  ]);
  const titles = ['source', 'account', 'state', 'last success', 'next run', 'days'];
  const text = table(
    titles.map((title) => ({ title })),
    rows,
    (cell, column, row) => (column === 2 ? painted(cell, lines[row]?.state ?? 'initial') : cell),
  );
  const said = sources.flatMap(mattersOf);
  return said.length === 0 ? text : `${text}\n\n${said.join('\n')}`;
}

/** The same for programs: one line of JSON, instants and days as text. */
export function sourceJson(status: SourceStatus): string {
  const instants = new Set(['lastRunAt', 'lastSuccessAt', 'nextRunAt', 'updatedAt']);
  const days = new Set(['firstDay', 'lastDay']);
  return JSON.stringify(status, (key, value: unknown) => {
    if (typeof value !== 'number') return value;
    if (instants.has(key)) return new Date(value).toISOString();
    return days.has(key) ? formatDay(value as Day) : value;
  });
}

interface Line {
  readonly poller: string;
  readonly account: string;
  readonly state: SourceState;
  readonly lastSuccessAt: Instant | null;
  readonly nextRunAt: Instant | null;
  readonly coverage: string;
}

function linesOf({ poller, state, lastSuccessAt, nextRunAt, accounts }: SourceStatus): readonly Line[] {
  if (accounts.length === 0) return [{ poller, account: '', state, lastSuccessAt, nextRunAt, coverage: '' }];
  return accounts.map((account, index) => ({
    poller: index === 0 ? poller : '',
    account: account.account,
    state: account.state,
    lastSuccessAt: account.lastSuccessAt ?? (account.state === 'ok' ? lastSuccessAt : null),
    nextRunAt: index === 0 ? nextRunAt : null,
    coverage: coverageOf(account),
  }));
}

function coverageOf({ firstDay, lastDay, missingDays }: AccountStatus): string {
  if (firstDay === null || lastDay === null) return '';
  const days = firstDay === lastDay ? formatDay(firstDay) : `${formatDay(firstDay)} to ${formatDay(lastDay as Day)}`;
  return missingDays === 0 ? days : `${days}, ${missingDays} missing`;
}

function mattersOf({ poller, detail, warnings, accounts, requestsLeft }: SourceStatus): readonly string[] {
  const details = accounts.filter((account) => account.detail !== '');
  return [
    ...(detail === '' || details.some((account) => account.detail === detail) ? [] : [`${poller}: ${detail}`]),
    ...details.map((account) => `${poller} ${account.account}: ${account.detail}`),
    ...warnings.map((warning) => `${poller}: ${warning}`),
    ...(requestsLeft === null ? [] : [`${poller}: ${requestsLeft} requests are left today.`]),
  ];
}

function painted(text: string, state: SourceState): string {
  if (state === 'ok') return styled('green', text);
  return styled(state === 'initial' ? 'dim' : 'red', text);
}

const MINUTE_MS = 60_000;

function ageText(at: Instant | null, now: Instant): string {
  if (at === null) return 'never';
  const minutes = Math.max(0, Math.floor((now - at) / MINUTE_MS));
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} days ago`;
}

function minute(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
