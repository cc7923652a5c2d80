/** How old what Postgres says is, while calls come: from a call that is sent to rows that include it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings } from '../runtime/settings.ts';
import { table } from '../runtime/terminal/table.ts';
import { DAY_MS, dayOf, startOf } from '../schemas/day.ts';
import type { Day } from '../schemas/scalars.ts';
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
  const reports = [namespaceReport(day), serviceReport(day, SERVICES)];
  for (const report of reports) ledger.addReport(report);
  await (await world.publisher()).publish(costReports, reports);
  for (const role of ['meter', 'attribute', 'postgres-sink']) pipeline.run(role);
  await pipeline.settle();

  const [usage, cost] = [new Arrivals(), new Arrivals()];
  const through = new AbortController();
  const watching = watch(world.pool, day, { usage, cost }, AbortSignal.any([signal, through.signal]));
  const sending = (async () => {
    const next = nextCall(day);
    const send = (seconds: number, isCounted: boolean) =>
      sendEvenly(
        world,
        CALLS_PER_SECOND,
        Math.ceil(CALLS_PER_SECOND * seconds),
        (dueMs) => {
          const call = next(dueMs);
          ledger.addCall(call);
          for (const arrivals of [usage, cost]) {
            const place = `${call.tenant} ${call.namespace}`;
            arrivals.sent(place, isCounted ? dueMs : Number.NaN, call.endedAt - call.startedAt);
          }
          return call;
        },
        signal,
      );
    say('warming up');
    await send(WARM_UP_SECONDS * size, false);
    const count = CALLS_PER_SECOND * SECONDS * size;
    say(`${count.toLocaleString('en')} calls`);
    const tookMs = await send(SECONDS * size, true);
    for (const endMs = Date.now() + ARRIVE_LIMIT_MS; usage.awaited + cost.awaited > 0; await sleep(100)) {
      signal.throwIfAborted();
      if (Date.now() > endMs) throw new Error(`${cost.awaited} calls have not arrived in time`);
    }
    return (count / tookMs) * 1000;
  })().finally(() => through.abort());
  const [perSecond] = await Promise.all([sending, watching]);
  await pipeline.settle();
  await ledger.check(world.pool);
  return { usage: usage.latenciesMs, cost: cost.latenciesMs, perSecond, settings: world.settings };
}

/** Calls end when they are due; those that would end on the next day already, at the end of this one. */
function nextCall(day: Day) {
  const make = callMaker(SEED);
  const lastMs = startOf(day) + DAY_MS - 1;
  return (dueMs: number) => make(Math.min(Math.floor(performance.timeOrigin + dueMs), lastMs));
}

function details(usage: readonly number[], cost: readonly number[], settings: Settings): string {
  const { commitIntervalMs, openDayIntervalMs, openDayLinesPerSecond } = settings;
  const lines = linesOf(SERVICES);
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
    `A call is visible when a committed row of its tenant, day and namespace is read whose usage includes it. Each of
three roles in a chain commits every ${commitIntervalMs} ms (commitIntervalMs). Attribute computes an open day every
${openDayIntervalMs} ms (openDayIntervalMs) at most, and so that it emits ${openDayLinesPerSecond.toLocaleString('en')} lines/s on average (openDayLinesPerSecond):
with the ${lines.toLocaleString('en')} lines of this day all ${Math.max(openDayIntervalMs, (lines / openDayLinesPerSecond) * 1000).toLocaleString('en')} ms.
All calls are counted once, and all cost is on lines, in weeks and in months.`,
  ].join('\n');
}
