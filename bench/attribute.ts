/** How fast the role attribute computes days, from Kafka to Kafka. */

import { publishCatalog } from '../operations/apply-catalog.ts';
import { pipelineStages } from '../operations/pipeline-stages.ts';
import { readStandingResults } from '../operations/read-standing.ts';
import { settle } from '../operations/settle.ts';
import { readCatalogPosition } from '../processors/attribute/positions.ts';
import { isKafkaAway } from '../runtime/kafka/errors.ts';
import { table } from '../runtime/terminal/table.ts';
import { addDays, type DayRange, dayOf, formatDay } from '../schemas/day.ts';
import type { Day } from '../schemas/scalars.ts';
import { costReports, usageTotals } from '../schemas/topics.ts';
import { type Bench, type Benchmark, median } from './benchmark.ts';
import {
  linesOf,
  namespaceReport,
  platformCatalog,
  platformTotals,
  serviceReport,
  TENANTS,
} from './pipeline/platform.ts';
import { type Pipeline, withPipeline } from './pipeline/with-pipeline.ts';

const DAYS = 62;
const SERVICES = 40;
const SETTLE_LIMIT_MS = 300_000;

export const attribute: Benchmark = {
  name: 'attribute',
  about: `the role attribute, one process: a changed rule computes all days anew, ${TENANTS} tenants with ${linesOf(SERVICES).toLocaleString('en')} lines a day, from the catalog that is published to the last document that is committed`,
  async run(bench) {
    const days = Math.ceil(DAYS * bench.size);
    const rounds = await withPipeline(bench, { name: 'attribute', catalog: platformCatalog() }, (pipeline) =>
      measure(pipeline, days, bench),
    );
    const lines = days * linesOf(SERVICES);
    return {
      figures: [
        {
          key: 'attribute.linesPerSecond',
          what: 'attribute, from Kafka to Kafka, one process',
          value: lines / median(rounds),
          unit: 'lines/s',
        },
      ],
      details: `${table(
        ['days', 'documents', 'lines', 's', 'lines/s'].map((title) => ({ title, align: 'right' })),
        rounds.map((seconds) => [
          ...[days, days * TENANTS, lines].map((value) => value.toLocaleString('en')),
          seconds.toFixed(2),
          Math.round(lines / seconds).toLocaleString('en'),
        ]),
      )}\n
After each round all documents stand with the rule of the round, and the lines of each day add up to its cost.`,
    };
  },
};

/** Gives the seconds that each round took. */
async function measure(pipeline: Pipeline, days: number, { rounds, say }: Bench): Promise<number[]> {
  const { world, run } = pipeline;
  const publisher = await world.publisher();
  const from = addDays(dayOf(Date.now()), -days);
  const range = { from, to: addDays(from, days - 1) };
  const billed = new Map<Day, bigint>();
  for (let day = from; day <= range.to; day = addDays(day, 1)) {
    const reports = [namespaceReport(day), serviceReport(day, SERVICES)];
    billed.set(day, sumOf(reports.flatMap(({ lines }) => lines)));
    await publisher.publish(costReports, reports);
    await publisher.publish(usageTotals, platformTotals(day));
  }
  run('attribute');
  await attributed(pipeline);

  const seconds: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    say(round === 0 ? 'warming up' : `round ${round}`);
    const rule = `shared-${round}`;
    const begunMs = performance.now();
    await publishCatalog(publisher, platformCatalog(rule), Date.now());
    await attributed(pipeline);
    const tookMs = performance.now() - begunMs;
    if (round > 0) seconds.push(tookMs / 1000);
    await check(pipeline, range, rule, billed);
  }
  return seconds;
}

/** Waits until the role has read everything, and committed what comes of it. */
async function attributed({ world }: Pipeline): Promise<void> {
  const { admin, pool, settings } = world;
  const stages = pipelineStages({ admin, pool, prefix: settings.topicPrefix, catalogPosition: readCatalogPosition });
  const own = stages.filter(({ role }) => role === 'attribute');
  await settle(admin, own, {
    timeoutMs: SETTLE_LIMIT_MS,
    pollMs: 20,
    isTransient: isKafkaAway,
  });
}

async function check(
  { world }: Pipeline,
  range: DayRange,
  rule: string,
  billed: ReadonlyMap<Day, bigint>,
): Promise<void> {
  const { kafka, settings } = world;
  const { documents } = await readStandingResults({
    kafka,
    prefix: settings.topicPrefix,
    codec: await world.codec(),
    range,
  });
  const days = Map.groupBy(documents.values(), ({ day }) => day);
  for (const [day, expected] of billed) {
    const lines = days.get(day)?.flatMap((document) => document.lines) ?? [];
    const ruled = lines.filter(({ ruleId }) => ruleId === rule);
    if (lines.length !== linesOf(SERVICES) || ruled.length !== linesOf(0) || sumOf(lines) !== expected) {
      throw new Error(
        `${formatDay(day)} has ${lines.length} lines, ${ruled.length} of them by ${rule}, and ${sumOf(lines)} of ${expected}`,
      );
    }
  }
}

function sumOf(lines: readonly { readonly billed: bigint }[]): bigint {
  return lines.reduce((sum, line) => sum + line.billed, 0n);
}
