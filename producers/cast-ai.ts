import { z } from 'zod';
import { formatAmount } from '../attribution/amount.ts';
import { secretRef } from '../runtime/secrets.ts';
import type { CostLine } from '../schemas/cost-report.ts';
import { addDays, dayOf, formatDay } from '../schemas/day.ts';
import type { Amount, Day } from '../schemas/scalars.ts';
import { CastAiApi, type CastAiOptions, type Cluster } from './cast-ai/api.ts';
import { definePoller, type PollRun } from './poller.ts';
import { sourceError } from './polling/errors.ts';

const settings = z.strictObject({
  /** `https://api.eu.cast.ai` for organisations in the EU: their keys are refused by the other one. */
  url: z.url().default('https://api.cast.ai'),
  apiKey: secretRef,
  /** The child organisation that an enterprise key asks for. */
  organization: z.string().min(1).nullable().default(null),
  /** Ids of clusters; all that the organisation has when none is listed. */
  clusters: z.array(z.string().min(1)).min(1).nullable().default(null),
  /**
   * Cost of node capacity that nobody asked for. `spread`: CAST AI gives it to namespaces by what they requested.
   * `separate`: a line of its own, service `idle`. `none`: left out.
   */
  idle: z.enum(['spread', 'separate', 'none']).default('spread'),
  /** What is paid, or what the price list says. */
  prices: z.enum(['actual', 'list']).default('actual'),
});

/** Cost per namespace of each cluster, as CAST AI prices it. */
export const castAi = definePoller({
  name: 'cast-ai',
  source: 'cast-ai',
  settings,
  schedule: '7 * * * *',
  lookBack: { usual: { days: 3 }, full: { days: 30, everyDays: 7 }, reachDays: 365 },
  create: (config) => async (run) => {
    const options = { ...config, apiKey: await run.secret(config.apiKey) };
    const api = new CastAiApi(run.http, options);
    const found = await api.clusters();
    await run.eachAccount(config.clusters ?? [...found.keys()], async (id) => {
      const cluster = found.get(id) ?? { id, name: id, region: '' };
      await readCluster(run, api, cluster, options);
    });
  },
});

async function readCluster(run: PollRun, api: CastAiApi, cluster: Cluster, options: CastAiOptions): Promise<void> {
  const { idle, prices } = options;
  const { from, to } = run.window(cluster.id);
  const totals = await api.dailyTotals(cluster.id, from, to);
  for (let day = from; day <= to; day = addDays(day, 1)) {
    const namespaces = await api.namespaceCosts(cluster.id, day);
    if (namespaces === null) continue;
    const sum = [...namespaces.values()].reduce((a, b) => a + b, 0n) as Amount;
    const total = totals.get(day);
    // The rate of a day that is not over is an average of what is known of it: it says nothing of a total.
    if (idle === 'spread' && day < dayOf(run.startedAt)) checkSum(run, cluster, day, sum, total);
    const line = (service: string, namespace: string, cost: Amount): CostLine => ({
      ...{ service, cluster: cluster.name, namespace, region: cluster.region, resource: '', subAccount: '' },
      ...{ category: 'Usage', billed: cost, effective: cost, tags: { idle, prices } },
    });
    const lines = [...namespaces].map(([namespace, cost]) => line('workloads', namespace, cost));
    if (idle === 'separate' && lines.length > 0) lines.push(line('idle', '', idleOf(cluster, day, sum, total)));
    run.report({ account: cluster.id, day, currency: 'USD', status: { settledAfterDays: 3 }, lines });
  }
}

/** Fields of 2 and of 5 decimals in the same reports give differences of up to 0.01 USD an hour. */
const ROUNDING = 240_000_000_000n as Amount;

/** Namespaces that do not add up to their cluster tell of a total that is really an average, or the other way round. */
function checkSum(run: PollRun, cluster: Cluster, day: Day, sum: Amount, total: Amount | undefined): void {
  if (total === undefined) {
    run.warn(`${cluster.name}: CAST AI gives no daily total, so that the sum of the namespaces cannot be checked.`);
    return;
  }
  const difference = (sum - total) as Amount;
  if (difference <= ROUNDING && difference >= -ROUNDING) return;
  const texts = [sum, total, difference].map(formatAmount);
  run.warn(
    `${cluster.name} on ${formatDay(day)}: the namespaces add up to ${texts[0]} USD and the cluster to ${texts[1]}, a difference of ${texts[2]}.`,
  );
}

function idleOf(cluster: Cluster, day: Day, sum: Amount, total: Amount | undefined): Amount {
  if (total !== undefined) return (total - sum) as Amount;
  throw sourceError(
    'source_garbled',
    `CAST AI gives no daily total of ${cluster.name} on ${formatDay(day)}, without which there is no idle cost.`,
  );
}
