/** How old what Postgres says is, while calls come: from a call that is sent to rows that include it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings } from '../runtime/settings.ts';
import { table } from '../runtime/terminal/table.ts';
import type { Call } from '../schemas/call.ts';
import { DAY_MS, dayOf, startOf } from '../schemas/day.ts';
import type { Day, Instant } from '../schemas/scalars.ts';
import { costReports } from '../schemas/topics.ts';
import type { Bench, Benchmark } from './benchmark.ts';
import { Arrivals } from './freshness/arrivals.ts';
import { sendEvenly } from './freshness/send-evenly.ts';
import { watch } from './freshness/watch.ts';
import { histogram, percentile } from './histogram.ts';
import { Ledger } from './pipeline/ledger.ts';
import {
  callMaker,
  linesOf,
  NAMESPACES,
  namespaceReport,
  platformCatalog,
  serviceReport,
  TENANTS,
} from './pipeline/platform.ts';
import { type Pipeline, withPipeline } from './pipeline/with-pipeline.ts';

const CALLS_PER_SECOND = 5000;
const SECONDS = 60;
const WARM_UP_SECONDS = 5;
/** Fewer than on days that are over: bills come late. */
const SERVICES = 10;
const SEED = 1;
const ARRIVE_LIMIT_MS = 60_000;

export const freshness: Benchmark = {
  name: 'freshness',
  about: `from a call that is sent to rows that include it: ${CALLS_PER_SECOND.toLocaleString('en')} calls/s on the running day, ${TENANTS} tenants, cost of ${NAMESPACES} namespaces and ${SERVICES} services there, each role a process with its default settings`,
  async run(bench) {
    const { usage, cost, perSecond, settings } = await withPipeline(
      bench,
      { name: 'freshness', catalog: platformCatalog() },
      (pipeline) => measure(pipeline, bench),
    );
    const [p50, p99, max] = [0.5, 0.99, 1].map((share) => percentile(cost, share));
    const figure = (key: string, what: string, value = Number.NaN, unit = 'ms') => ({ key, what, value, unit });
    return {
      figures: [
        figure('freshness.p50Ms', 'from call to attributed cost in Postgres, p50', p50),
        { ...figure('freshness.p99Ms', 'from call to attributed cost in Postgres, p99', p99), reach: { atMost: 3000 } },
        figure('freshness.maxMs', 'from call to attributed cost in Postgres, longest', max),
        figure('freshness.callsPerSecond', 'calls sent meanwhile', perSecond, 'calls/s'),
      ],
      details: details(usage, cost, settings),
    };
  },
};

async function measure(pipeline: Pipeline, { size, say, signal }: Bench) {
  const { world } = pipeline;
  const day = dayOf(Date.now());
  const ledger = new Ledger();
  await begin(pipeline, day, ledger);

  const [warmUp, count] = [WARM_UP_SECONDS, SECONDS].map((seconds) => Math.ceil(CALLS_PER_SECOND * seconds * size));
  const calls = (warmUp ?? 0) + (count ?? 0);
  say(`${calls.toLocaleString('en')} calls, of which ${warmUp?.toLocaleString('en')} warm up`);
  const [usage, cost] = [new Arrivals(), new Arrivals()];
  const make = callMaker(SEED);
  const makeCall = (dueMs: number, index: number): Call => {
    const call = make(within(day, dueMs));
    const place = `${call.tenant} ${call.namespace}`;
    const durationMs = call.endedAt - call.startedAt;
    for (const arrivals of [usage, cost]) arrivals.sent(place, index < (warmUp ?? 0) ? Number.NaN : dueMs, durationMs);
    ledger.addCall(call);
    return call;
  };
  const through = new AbortController();
  const watching = watch(world.pool, day, { usage, cost }, AbortSignal.any([signal, through.signal]));
  const sending = sendEvenly(world, { perSecond: CALLS_PER_SECOND, count: calls, makeCall, signal }).then(
    async (tookMs) => {
      await untilArrived([usage, cost], signal);
      through.abort();
      return tookMs;
    },
  );
  const [tookMs] = await Promise.all([sending, watching]);
  await pipeline.settle();
  await ledger.check(world.pool);
  const perSecond = (calls / tookMs) * 1000;
  return { usage: usage.latenciesMs, cost: cost.latenciesMs, perSecond, settings: world.settings };
}

/** The cost of the day is there, and all roles run. */
async function begin({ world, run, settle }: Pipeline, day: Day, ledger: Ledger): Promise<void> {
  const reports = [namespaceReport(day), serviceReport(day, SERVICES)];
  for (const report of reports) ledger.addReport(report);
  await (await world.publisher()).publish(costReports, reports);
  for (const role of ['meter', 'attribute', 'postgres-sink']) run(role);
  await settle();
}

/** The instant as a clock shows it, and where that is the next day already, the end of this one. */
function within(day: Day, dueMs: number): Instant {
  return Math.min(Math.floor(performance.timeOrigin + dueMs), startOf(day) + DAY_MS - 1);
}

async function untilArrived(all: readonly Arrivals[], signal: AbortSignal): Promise<void> {
  const endMs = Date.now() + ARRIVE_LIMIT_MS;
  for (;;) {
    const awaited = all.reduce((sum, arrivals) => sum + arrivals.awaited, 0);
    if (awaited === 0) return;
    if (Date.now() > endMs) throw new Error(`${awaited} calls are not to be seen ${ARRIVE_LIMIT_MS} ms after the last`);
    await sleep(100, undefined, { signal });
  }
}

function details(usage: readonly number[], cost: readonly number[], settings: Settings): string {
  const { commitIntervalMs, openDayIntervalMs, openDayLinesPerSecond } = settings;
  const lines = linesOf(SERVICES);
  const everyMs = Math.max(openDayIntervalMs, (lines / openDayLinesPerSecond) * 1000);
  const titles = ['rows', 'p50 ms', 'p90 ms', 'p99 ms', 'longest ms'];
  const row = (rows: string, milliseconds: readonly number[]) => [
    rows,
    ...[0.5, 0.9, 0.99, 1].map((share) => Math.round(percentile(milliseconds, share)).toLocaleString('en')),
  ];
  return [
    table(
      titles.map((title, at) => ({ title, align: at === 0 ? 'left' : 'right' })),
      [row('usage_total', usage), row('attribution_line', cost)],
    ),
    '',
    'attribution_line:',
    histogram(cost),
    '',
    `A call is visible when a committed row of its tenant, day and namespace is read whose usage includes it; it is counted
from when it was due to be sent. Meter writes what has changed every ${commitIntervalMs} ms (commitIntervalMs). Attribute computes an
open day every ${openDayIntervalMs} ms at most (openDayIntervalMs), and so that it emits ${openDayLinesPerSecond.toLocaleString('en')} lines/s on average (openDayLinesPerSecond):
the ${lines.toLocaleString('en')} lines of this day every ${everyMs.toLocaleString('en')} ms. The sink writes what comes at once, but every ${commitIntervalMs} ms at most.
All calls are counted once, and all cost is on lines, in weeks and in months.`,
  ].join('\n');
}
