import type { Expression } from '@aws-sdk/client-cost-explorer';
import { z } from 'zod';
import type { CostLine } from '../schemas/cost-report.ts';
import { addDays, type DayRange, dayOf, formatDay } from '../schemas/day.ts';
import type { Day } from '../schemas/scalars.ts';
import { type Charge, CostExplorerApi, type CostExplorerOptions, type DayCharges } from './aws-cost-explorer/api.ts';
import { categoryOf } from './aws-cost-explorer/categories.ts';
import { definePoller, type PollRun } from './poller.ts';
import { sourceError } from './polling/errors.ts';

const accountId = z.string().regex(/^\d{12}$/, { error: 'expected the 12 digits of an AWS account, in quotes' });

const settings = z.strictObject({
  /** The account that pays, which reports are of: Cost Explorer does not say whose cost it tells. */
  account: accountId,
  /** Whose cost is told apart, as sub-accounts: each takes requests of its own. All others stay together. */
  linkedAccounts: z
    .array(accountId)
    .min(1)
    .refine((ids) => new Set(ids).size === ids.length, { error: 'an account stands here twice: it would count twice' })
    .nullable()
    .default(null),
  /** A profile of the AWS configuration files, which may assume a role; that of the environment when none is named. */
  profile: z.string().min(1).nullable().default(null),
  /** `cn-northwest-1` for accounts in China; all others are served from here. */
  region: z.string().min(1).default('us-east-1'),
  /** Of a VPC endpoint or a proxy, where AWS itself is not asked. */
  endpoint: z.url().nullable().default(null),
});

type Settings = z.output<typeof settings>;

/** What AWS bills per service and kind of charge, as Cost Explorer tells it. */
export const awsCostExplorer = definePoller({
  name: 'aws-cost-explorer',
  source: 'aws',
  settings,
  // Billing data is refreshed up to three times a day.
  schedule: '17 3,11,19 * * *',
  lookBack: { usual: 'previous-month', reachDays: 395 },
  dailyRequests: 24,
  create: (config) => async (run) => {
    const options: CostExplorerOptions = { ...config, http: run.http, signal: run.signal };
    using api = await CostExplorerApi.open(options);
    await run.eachAccount([config.account], () => readPayer(run, api, config));
  },
});

/** Cost that is asked for apart from the rest. */
interface Part {
  readonly subAccount: string;
  readonly filter: Expression | null;
}

async function readPayer(run: PollRun, api: CostExplorerApi, config: Settings): Promise<void> {
  const parts = partsOf(config.linkedAccounts);
  for (const piece of piecesOf(run.window(config.account), dayOf(run.startedAt))) {
    // What is before this piece has been paid for, and stands even if the requests of the day do not suffice for all.
    await run.commit();
    run.logger.debug(`${run.source} ${config.account}: reading ${formatDay(piece.from)} to ${formatDay(piece.to)}`);
    await readPiece(run, api, config.account, piece, parts);
  }
}

async function readPiece(
  run: PollRun,
  api: CostExplorerApi,
  account: string,
  { from, to }: DayRange,
  parts: readonly Part[],
): Promise<void> {
  const told: (readonly [Part, ReadonlyMap<Day, DayCharges>])[] = [];
  for (const part of parts) told.push([part, await api.dailyCharges({ from, to }, part.filter)]);
  for (let day = from; day <= to; day = addDays(day, 1)) {
    const days = told.flatMap(([part, days]) => {
      const charges = days.get(day);
      return charges === undefined ? [] : [{ ...part, ...charges }];
    });
    if (days.length === 0) continue;
    if (days.length < parts.length) {
      run.fault(`AWS tells of ${formatDay(day)} for ${days.length} of the ${parts.length} parts of ${account} alone.`);
      continue;
    }
    run.report({
      account,
      day,
      currency: currencyOf(day, days),
      status: days.some(({ isEstimated }) => isEstimated) ? 'estimated' : 'final',
      lines: days.flatMap(({ subAccount, charges }) => charges.map((charge) => lineOf(run, charge, subAccount))),
    });
  }
}

/** Two accounts and all others are three questions: what nobody listed must be in the sum as well. */
function partsOf(linkedAccounts: readonly string[] | null): readonly Part[] {
  if (linkedAccounts === null) return [{ subAccount: '', filter: null }];
  const only = (Values: string[]): Expression => ({ Dimensions: { Key: 'LINKED_ACCOUNT', Values } });
  return [
    ...linkedAccounts.map((id) => ({ subAccount: id, filter: only([id]) })),
    { subAccount: '', filter: { Not: only([...linkedAccounts]) } },
  ];
}

/** The longest that two months are, so that the usual window is one piece, and published whole or not at all. */
const PIECE_DAYS = 62;

/** AWS refuses a piece that starts after today. */
function piecesOf({ from, to }: DayRange, today: Day): readonly DayRange[] {
  const last = Math.min(to, today) as Day;
  const pieces: DayRange[] = [];
  for (let first = from; first <= last; first = addDays(first, PIECE_DAYS)) {
    pieces.push({ from: first, to: Math.min(addDays(first, PIECE_DAYS - 1), last) as Day });
  }
  return pieces;
}

function lineOf(run: PollRun, { service, recordType, billed, effective }: Charge, subAccount: string): CostLine {
  const category = categoryOf(recordType);
  if (category === null) {
    run.warn(
      `AWS has charges of the record type ${recordType}, which is not known here: their category is Adjustment.`,
    );
  }
  return {
    ...{ service, cluster: '', namespace: '', region: '', resource: '', subAccount },
    ...{ category: category ?? 'Adjustment', billed, effective, tags: { recordType } },
  };
}

/** Of a day without any charge nobody knows it, and nothing depends on it. */
function currencyOf(day: Day, parts: readonly DayCharges[]): string {
  const currencies = new Set(parts.flatMap(({ currencies }) => [...currencies]));
  if (currencies.size <= 1) return [...currencies][0] ?? 'USD';
  throw sourceError(
    'source_garbled',
    `AWS bills ${formatDay(day)} in ${[...currencies].sort().join(' and ')} at once.`,
  );
}
