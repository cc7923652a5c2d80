import { once } from 'node:events';
import { Command } from 'commander';
import { readSummary } from '../local/demo/read-summary.ts';
import { formatSummary } from '../local/demo/summary.ts';
import { startStack, stopStack } from '../local/stack.ts';
import { publishCatalog } from '../operations/apply-catalog.ts';
import { selectDays } from '../operations/select-days.ts';
import { readSettings } from '../runtime/config.ts';
import { ApportionError } from '../runtime/errors.ts';
import { applyTopics } from '../runtime/kafka/apply-topics.ts';
import type { Publisher } from '../runtime/publisher.ts';
import { shutdownSignal } from '../runtime/shutdown.ts';
import { startProgress } from '../runtime/terminal/progress.ts';
import type { DayRange } from '../schemas/day.ts';
import { formatDay } from '../schemas/day.ts';
import { calls, costReports, type Topic, usage } from '../schemas/topics.ts';
import { realInput, realView, speechInput, speechView } from './demo-inputs.ts';
import { runRoles } from './run.ts';
import { settleWithProgress } from './settle.ts';
import { type World, withWorldOf } from './world.ts';

const DEFAULT_DATA = '.local';
const REAL_DATA = '.local-real';

interface Options {
  readonly once?: true;
  readonly real?: true;
  readonly data?: string;
}

/** `apportion demo`: what `npm start` runs. */
export function demoCommand(): Command {
  return new Command('demo')
    .description('start the local stack, attribute a demo platform, and show what each tenant costs')
    .option('--once', 'stop everything when the demo is in Postgres')
    .option('--real', 'real bills and real inference requests instead of the generated platform')
    .option('--data <dir>', 'folder of the local stack (default: .local, with --real .local-real)')
    .action(demo);
}

async function demo(options: Options): Promise<void> {
  const data = options.data ?? (options.real ? REAL_DATA : DEFAULT_DATA);
  const report = (line: string): void => console.error(line);
  const addresses = await startStack(data, report);
  const settings = readSettings({
    env: {
      APPORTION_LOG_LEVEL: process.env['APPORTION_LOG_LEVEL'] ?? 'warn',
      // The real bills are older than what a running platform keeps at hand.
      ...(options.real ? { APPORTION_HORIZON_DAYS: '4000' } : {}),
      APPORTION_KAFKA_BROKERS: addresses.kafkaBrokers,
      APPORTION_SCHEMA_REGISTRY_URL: addresses.schemaRegistryUrl,
      APPORTION_DATABASE_URL: addresses.databaseUrl,
    },
  });
  try {
    await withWorldOf(settings, (world) => attributeDemo(world, data, options));
  } finally {
    await stopStack(data, report);
  }
}

async function attributeDemo(world: World, data: string, options: Options): Promise<void> {
  const told = shutdownSignal(world.logger);
  const finished = new AbortController();
  const stop = AbortSignal.any([told, finished.signal]);
  await applyTopics(world.settings, { kafka: world.kafka, logger: world.logger, dryRun: false });
  const running = runRoles(world, ['meter', 'attribute', 'postgres-sink'], stop);
  try {
    // Roles that have not been told to stop end only when they fail.
    await Promise.race([show(world, data, options, stop), running]);
  } finally {
    finished.abort();
    await running;
  }
}

async function show(world: World, data: string, options: Options, stop: AbortSignal): Promise<void> {
  const days = (await isEmpty(world)) ? await sendDemo(world, options) : await daysThere(world, data);
  const summary = await readSummary(world.pool, { ...(options.real ? realView : speechView), ...days });
  console.log(`\n${formatSummary(summary)}\n\n${nextSteps(data, days)}`);
  if (options.once || stop.aborted) return;
  console.error('\nEverything runs until Ctrl-C.');
  await once(stop, 'abort');
}

async function isEmpty(world: World): Promise<boolean> {
  const { admin } = world;
  for (const topic of [calls, usage, costReports]) {
    const extents = await admin.extents(world.settings.topicPrefix + topic.name);
    if ([...extents.values()].some(({ end }) => end !== 0)) return false;
  }
  return true;
}

/** What a stack holds is not mixed with a second demo: lines of days that are closed by now would be late. */
async function daysThere(world: World, data: string): Promise<DayRange> {
  console.error(`The stack in ${data} holds data already; this is what has become of it.`);
  console.error(`${localCommandOn('reset', data)} deletes it, so that the demo begins anew.`);
  await settleWithProgress(world);
  const { rows } = await world.pool.query<{ from: string | null; to: string | null }>(
    'SELECT min(day)::text AS "from", max(day)::text AS "to" FROM statement',
  );
  const [found] = rows;
  if (found?.from != null && found.to != null) return selectDays(found.from, found.to);
  throw new ApportionError(
    'nothing_attributed',
    `The stack in ${data} holds usage or cost, but no day was attributed.`,
    'See that a catalog was applied (apportion catalog apply FILE).',
  );
}

async function sendDemo(world: World, options: Options): Promise<DayRange> {
  const input = options.real ? await realInput() : await speechInput(Date.now());
  console.error(input.intro);
  const publisher = await world.publisher();
  await publishCatalog(publisher, input.catalog, Date.now());
  await send(publisher, costReports, input.reports);
  await send(publisher, calls, input.calls);
  await send(publisher, usage, input.samples);
  await settleWithProgress(world);
  if (input.restatements.length > 0) {
    console.error('A source restates a day.');
    await send(publisher, costReports, input.restatements);
    await settleWithProgress(world);
  }
  return { from: input.from, to: input.to };
}

const BATCH = 2_000;

async function send<T>(publisher: Publisher, topic: Topic<T>, values: readonly T[]): Promise<void> {
  if (values.length === 0) return;
  const progress = startProgress(`Sending ${topic.name}`);
  for (let from = 0; from < values.length; from += BATCH) {
    await publisher.publish(topic, values.slice(from, from + BATCH));
    progress.update(Math.min(from + BATCH, values.length), values.length);
  }
  progress.done(`${values.length.toLocaleString('en-US')} records`);
}

function nextSteps(data: string, { from, to }: DayRange): string {
  const days = `--from ${formatDay(from)} --to ${formatDay(to)}`;
  return [
    'Next, with the servers running:',
    ...(data === DEFAULT_DATA ? [] : [`  set -a; . ${data}/env; set +a`]),
    `  ${localCommandOn('start', data)}`,
    `  npx apportion verify ${days}`,
    `  npx apportion export attributions ${days} --format csv`,
    `  npx apportion explain --tenant __unallocated__ --day ${formatDay(to)}`,
    '  npx apportion dead-letters list',
  ].join('\n');
}

function localCommandOn(verb: 'start' | 'reset', data: string): string {
  return `npx apportion local ${verb}${data === DEFAULT_DATA ? '' : ` --data ${data}`}`;
}
