import { z } from 'zod';
import type { CostLine } from '../schemas/cost-report.ts';
import { addDays, dayOf, formatDay } from '../schemas/day.ts';
import type { Day } from '../schemas/scalars.ts';
import { type Allocation, OpenCostApi } from './opencost/api.ts';
import { authorizationOf, authShape } from './opencost/authorization.ts';
import { beginMinutes, coveredMinutes, DAY_MINUTES, KnownBegins } from './opencost/coverage.ts';
import { definePoller, type PollRun } from './poller.ts';

const settings = z.strictObject({
  /** Of the service (port 9003), or of what stands in front of it; may have a path. */
  url: z.url(),
  /** What reports name as their account: the id of the cluster, as OpenCost has it in CLUSTER_ID. */
  cluster: z.string().min(1),
  /** Of the prices that OpenCost computes with: its answers name none. */
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .default('USD'),
  /** How finely OpenCost samples Prometheus: its own 5 minutes miss what lives shorter. */
  resolutionMinutes: z.int().min(1).max(10).default(1),
  /** Where something in front of OpenCost asks for it; OpenCost itself does not. */
  auth: authShape.nullable().default(null),
});

type Options = z.output<typeof settings>;

/** Cost per namespace of one cluster, as OpenCost allocates it, and what was idle. */
export const opencost = definePoller({
  name: 'opencost',
  source: 'opencost',
  settings,
  schedule: '11 * * * *',
  lookBack: { usual: { days: 3 }, full: { days: 30, everyDays: 7 }, reachDays: 365 },
  create: (config) => async (run) => {
    const authorization = await authorizationOf(config.auth, (ref) => run.secret(ref));
    const api = new OpenCostApi(run.http, { ...config, authorization });
    await run.eachAccount([config.cluster], () => readCluster(run, api, config));
  },
});

async function readCluster(run: PollRun, api: OpenCostApi, config: Options): Promise<void> {
  const begins = new KnownBegins(run.state('begins'));
  const { from, to } = run.window(config.cluster);
  let isKnown = false;
  for (let day = from; day <= to; day = addDays(day, 1)) {
    const allocations = await api.allocations(day);
    // Prometheus forgets old days: what lies before the first that it knows did not cost nothing.
    isKnown ||= allocations.length > 0;
    if (!isKnown) continue;
    if (allocations.length > 0 && !begins.remember(day, beginMinutes(allocations, day))) {
      run.warn(
        `${config.cluster} on ${formatDay(day)}: OpenCost has forgotten a part of the day: what is known stands.`,
      );
      continue;
    }
    reportDay(run, config, day, allocations);
  }
  const text = begins.text();
  if (text !== run.state('begins')) run.setState('begins', text);
}

function reportDay(run: PollRun, { cluster, currency }: Options, day: Day, allocations: readonly Allocation[]): void {
  const minutes = coveredMinutes(allocations, day);
  const isPartial = day < dayOf(run.startedAt) && allocations.length > 0 && minutes < DAY_MINUTES;
  if (isPartial) {
    run.warn(`${cluster} on ${formatDay(day)}: OpenCost knows of ${minutes} of ${DAY_MINUTES} minutes.`);
  }
  const tags: CostLine['tags'] = isPartial ? { minutes: String(minutes) } : {};
  const lines = allocations.map(
    ({ name, cluster: own, cost }): CostLine => ({
      ...placeOf(name),
      ...{ cluster: own || cluster, region: '', resource: '', subAccount: '', category: 'Usage' },
      ...{ billed: cost, effective: cost, tags },
    }),
  );
  run.report({ account: cluster, day, currency, status: { settledAfterDays: 3 }, lines });
}

/** `__idle__`, `__unallocated__` and `__unmounted__` are no namespaces: no namespace has an underscore. */
function placeOf(name: string): Pick<CostLine, 'service' | 'namespace'> {
  const reserved = /^__(?<word>.+)__$/.exec(name)?.groups?.['word'];
  return reserved === undefined ? { service: 'workloads', namespace: name } : { service: reserved, namespace: '' };
}
