/** How long it takes a changed bill to reach all that is summed up from it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { addDays, dayOf } from '../schemas/day.ts';
import { costReports } from '../schemas/topics.ts';
import type { Bench, Benchmark } from './benchmark.ts';
import { generator } from './generator.ts';
import { histogram, percentile } from './histogram.ts';
import { Ledger } from './pipeline/ledger.ts';
import { linesOf, namespaceReport, platformCatalog, serviceReport, TENANTS } from './pipeline/platform.ts';
import { platformCalls, sendCalls } from './pipeline/send-calls.ts';
import { type Pipeline, withPipeline } from './pipeline/with-pipeline.ts';
import { Bills, untilStanding } from './restatement/bills.ts';

const RESTATEMENTS = 60;
const DAYS = 28;
const CALLS_PER_DAY = 4000;
const SERVICES = 40;
const SEED = 2;
/** Longer than any interval of the pipeline, so that restatements come at any time of them. */
const PAUSE_MS = 1500;

export const restatement: Benchmark = {
  name: 'restatement',
  about: `from a changed cost report of one of ${DAYS} days, ${TENANTS} tenants with ${linesOf(SERVICES).toLocaleString('en')} lines a day, to rows, weeks and months that say so; each role a process with its default settings`,
  async run(bench) {
    const latenciesMs = await withPipeline(bench, { name: 'restatement', catalog: platformCatalog() }, (pipeline) =>
      measure(pipeline, bench),
    );
    const figure = (key: string, what: string, share: number) => ({
      key: `restatement.${key}`,
      what: `from changed report to rows, weeks and months, ${what}`,
      value: percentile(latenciesMs, share),
      unit: 'ms',
    });
    return {
      figures: [
        figure('p50Ms', 'p50', 0.5),
        { ...figure('p99Ms', 'p99', 0.99), reach: { atMost: 5000 } },
        figure('maxMs', 'longest', 1),
      ],
      details: `${histogram(latenciesMs)}\n
${latenciesMs.length} restatements, each of the whole report of a day, so that all lines of all tenants change. One is visible when
the lines of the day, its week and its month add up to what is billed now. All cost is on lines, in weeks and in months.`,
    };
  },
};

async function measure({ world, run, settle }: Pipeline, { size, say, signal }: Bench): Promise<number[]> {
  const publisher = await world.publisher();
  const [ledger, bills] = [new Ledger(), new Bills()];
  const from = addDays(dayOf(Date.now()), -DAYS);
  for (let day = from; day < addDays(from, DAYS); day = addDays(day, 1)) {
    const namespaces = namespaceReport(day);
    bills.put(namespaces);
    for (const report of [namespaces, serviceReport(day, SERVICES)]) {
      ledger.addReport(report);
      await publisher.publish(costReports, [report]);
    }
  }
  await sendCalls(world, platformCalls({ seed: SEED, from, days: DAYS, callsPerDay: CALLS_PER_DAY, ledger }));
  for (const role of ['meter', 'attribute', 'postgres-sink']) run(role);
  say('settling');
  await settle();

  const random = generator(SEED);
  const latenciesMs: number[] = [];
  const count = Math.ceil(RESTATEMENTS * size);
  say(`${count} restatements`);
  for (let edition = 1; edition <= count; edition++) {
    await sleep(random(PAUSE_MS), undefined, { signal });
    const report = namespaceReport(addDays(from, random(DAYS)), edition);
    ledger.addReport(report);
    bills.put(report);
    const begunMs = performance.now();
    await publisher.publish(costReports, [report]);
    await untilStanding(world.pool, report.source, report.day, bills.sumsAround(report.day), signal);
    latenciesMs.push(performance.now() - begunMs);
  }
  await settle();
  await ledger.check(world.pool);
  return latenciesMs;
}
