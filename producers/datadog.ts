import { z } from 'zod';
import { formatAmount } from '../attribution/amount.ts';
import { secretRef } from '../runtime/secrets.ts';
import type { CostLine } from '../schemas/cost-report.ts';
import { addDays, dayOf, formatDay } from '../schemas/day.ts';
import type { Amount, Day } from '../schemas/scalars.ts';
import { adjustments } from './datadog/adjustments.ts';
import { DatadogApi, type OrgCost } from './datadog/api.ts';
import { type Month, monthBefore, monthOf } from './datadog/month.ts';
import { dayCharges, eitherPartsOrTotal } from './datadog/org-month.ts';
import { definePoller, type PollRun } from './poller.ts';
import { sourceError } from './polling/errors.ts';

const settings = z.strictObject({
  /** `https://api.<site>`: the keys of one site are refused by the others. */
  url: z.url().default('https://api.datadoghq.com'),
  apiKey: secretRef,
  applicationKey: secretRef,
  /** `sub-org`: each organisation of an account with several; `summary`: all of them as the parent. */
  view: z.enum(['summary', 'sub-org']).default('summary'),
  /** What reports name as their account, by public id of an organisation; the id itself where it is not listed. */
  accounts: z
    .record(z.string().min(1), z.string().min(1))
    .refine((names) => new Set(Object.values(names)).size === Object.keys(names).length, {
      error: 'two organisations cannot be one account: the reports of one would replace those of the other',
    })
    .default({}),
});

/** Today and the three days before it may be incomplete: Datadog takes up to 72 hours. */
const SETTLED_DAYS = 4;
/** From this day of the next month on, Datadog knows what a month has cost. */
const HISTORICAL_DATE = 16;

/** Cost per product and day of each organisation, brought to what the month has cost once that is known. */
export const datadog = definePoller({
  name: 'datadog',
  source: 'datadog',
  settings,
  schedule: '23 5,17 * * *',
  lookBack: { usual: 'previous-month', reachDays: 400 },
  create: (config) => async (run) => {
    const keys = { apiKey: await run.secret(config.apiKey), applicationKey: await run.secret(config.applicationKey) };
    const months = await readMonths(new DatadogApi(run.http, { ...config, ...keys }), dayOf(run.startedAt));
    const orgs = new Map(
      months.flatMap(({ estimated }) => estimated.map(({ org }) => [config.accounts[org] ?? org, org] as const)),
    );
    if (orgs.size === 0) throw sourceError('no_data', 'Datadog says nothing of this month and the one before.');
    await run.eachAccount([...orgs.keys()], async (account) => {
      checkReach(run, account, months);
      for (const month of months) reportMonth(run, account, ofOrg(month, orgs.get(account)));
    });
  },
});

/** What Datadog says of a month. */
interface MonthCosts extends Month {
  readonly estimated: readonly OrgCost[];
  /** Null while Datadog need not know. */
  readonly historical: readonly OrgCost[] | null;
}

/** The only months that Datadog tells day by day. */
async function readMonths(api: DatadogApi, today: Day): Promise<readonly [previous: MonthCosts, current: MonthCosts]> {
  const current = monthOf(today);
  const previous = monthBefore(current);
  const isHistorical = today >= addDays(current.first, HISTORICAL_DATE - 1);
  return [
    {
      ...previous,
      estimated: await api.estimatedCosts(previous, previous.last),
      historical: isHistorical ? await api.historicalCosts(previous) : null,
    },
    { ...current, estimated: await api.estimatedCosts(current, today), historical: null },
  ];
}

function ofOrg(month: MonthCosts, org: string | undefined): MonthCosts {
  const own = (rows: readonly OrgCost[]): readonly OrgCost[] => rows.filter((row) => row.org === org);
  return { ...month, estimated: own(month.estimated), historical: month.historical && own(month.historical) };
}

function checkReach(run: PollRun, account: string, [{ first }]: readonly [MonthCosts, MonthCosts]): void {
  if (run.window(account).from >= first) return;
  run.warn(`${account}: Datadog does not tell of single days before ${formatDay(first)}: they stand as they are.`);
}

function reportMonth(run: PollRun, account: string, month: MonthCosts): void {
  const today = dayOf(run.startedAt);
  const last = month.estimated.at(-1);
  if (last === undefined) {
    if (month.last < today) run.warn(`${account}: Datadog says nothing of ${month.text}: what is known of it stands.`);
    return;
  }
  const due = Math.min(month.last, addDays(today, -SETTLED_DAYS)) as Day;
  if (dayOf(last.at) < due) {
    run.warn(`${account}: Datadog says nothing of ${month.text} after ${formatDay(dayOf(last.at))}.`);
  }
  checkTotal(run, account, month.estimated);
  const charges = dayCharges(month.estimated, month.first, addDays(today, 1 - SETTLED_DAYS));
  const whole = month.historical?.at(-1);
  if (whole === undefined && month.historical !== null) {
    run.warn(
      `${account}: Datadog does not say what ${month.text} has cost, which is due by the ${HISTORICAL_DATE}th: the month stays estimated.`,
    );
  }
  const line = (product: string, category: string, cost: Amount, tags: CostLine['tags']): CostLine => ({
    ...{ service: product, cluster: '', namespace: '', region: last.region, resource: '', subAccount: '' },
    ...{ category, billed: cost, effective: cost, tags },
  });
  const rest = [...(whole === undefined ? [] : adjustments(charges, whole))].map(([product, cost]) =>
    line(product, 'Adjustment', cost, { chargeType: 'historical' }),
  );
  for (let day = month.first; day <= month.last; day = addDays(day, 1)) {
    const ofDay = charges.filter((charge) => charge.day === day);
    const lines = ofDay.map(({ product, chargeType, cost, spreadDays }) =>
      line(product, 'Usage', cost, spreadDays > 1 ? { chargeType, spreadDays: String(spreadDays) } : { chargeType }),
    );
    if (day === month.last) lines.push(...rest);
    if (day > dayOf(last.at) && lines.length === 0) continue;
    const isOpen = day === month.last || ofDay.some(({ spreadDays }) => spreadDays > 1);
    const settling = isOpen ? 'estimated' : { settledAfterDays: SETTLED_DAYS };
    run.report({ account, day, currency: 'USD', status: whole === undefined ? settling : 'final', lines });
  }
}

/** Datadog rounds each charge as it likes. */
const ROUNDING = 10_000_000_000n as Amount;

/** Charges that do not add up to their row's total tell of a kind of charge that is counted twice, or not at all. */
function checkTotal(run: PollRun, account: string, rows: readonly OrgCost[]): void {
  const last = eitherPartsOrTotal(rows).at(-1);
  if (last === undefined || last.totalCost === null) return;
  const sum = last.charges.reduce((total, { cost }) => total + cost, 0n) as Amount;
  const difference = sum - last.totalCost;
  if (difference <= ROUNDING && difference >= -ROUNDING) return;
  run.warn(
    `${account} by ${formatDay(dayOf(last.at))}: the charges add up to ${formatAmount(sum)} USD, and Datadog's own total is ${formatAmount(last.totalCost)}.`,
  );
}
