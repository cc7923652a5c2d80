import { Command } from 'commander';
import { compareCatalog } from '../operations/apply-catalog.ts';
import { catalogDifferenceText } from '../operations/catalog-difference-text.ts';
import { readCatalogFile } from '../operations/catalog-file.ts';
import { differencesCsv, differencesText } from '../operations/replay/differences-text.ts';
import { type Replayed, type ReplayHost, type ReplayOptions, replay } from '../operations/replay/replay.ts';
import type { Shadow } from '../operations/replay/shadow.ts';
import { selectDays } from '../operations/select-days.ts';
import { readCatalogPosition } from '../processors/attribute/positions.ts';
import { attribute } from '../processors/attribute.ts';
import { meter } from '../processors/meter.ts';
import { isKafkaAway } from '../runtime/kafka/errors.ts';
import { createPublisher } from '../runtime/kafka/publisher.ts';
import { runProcessor } from '../runtime/kafka/run-processor.ts';
import { wholeNumberFrom } from '../runtime/terminal/program.ts';
import { startProgress } from '../runtime/terminal/progress.ts';
import { calls, catalogs, costReports, usage } from '../schemas/topics.ts';
import { openOutput } from './output-file.ts';
import { type World, withWorld } from './world.ts';

interface Options {
  readonly from: string;
  readonly to: string;
  readonly catalog?: string;
  readonly promote?: true;
  readonly keep?: true;
  readonly maxRate?: number;
  readonly csv?: string;
}

/** `apportion replay` */
export function replayCommand(): Command {
  return new Command('replay')
    .description(
      'compute days anew from the topics, late lines included, beside what stands; say what differs; or promote it',
    )
    .requiredOption('--from <day>', 'first day, YYYY-MM-DD')
    .requiredOption('--to <day>', 'last day, included')
    .option('--catalog <file>', 'with this catalog instead of the one in force')
    .option(
      '--promote',
      'put the result in the place of what stands; applies the catalog, if one is given, to all days',
    )
    .option(
      '--keep',
      'leave the topics of the replay on the broker: the same replay then goes on with what has come since',
    )
    .option('--max-rate <records>', 'read at most so many records a second', wholeNumberFrom(1))
    .option('--csv <file>', 'write all differences to a file')
    .action((options: Options, self: Command) => withWorld(self, (world) => runReplay(world, options)));
}

async function runReplay(world: World, options: Options): Promise<void> {
  const days = selectDays(options.from, options.to);
  const catalog = options.catalog === undefined ? null : await readCatalogFile(options.catalog);
  await using file = options.csv === undefined ? null : await openOutput('--csv', options.csv);
  if (catalog !== null) console.log(`${catalogDifferenceText(compareCatalog(await world.catalog(), catalog))}\n`);
  const progress = stagedProgress();
  let shadow: Shadow | null = null;
  const asked: ReplayOptions = {
    days,
    catalog,
    promote: options.promote === true,
    keep: options.keep === true,
    onShadow: (now) => {
      shadow = now;
    },
    settle: {
      timeoutMs: Number.POSITIVE_INFINITY,
      isTransient: isKafkaAway,
      report: progress.report,
    },
    now: Date.now(),
  };
  try {
    const replayed = await replay(await hostOf(world, options.maxRate), asked);
    progress.done();
    await file?.write(differencesCsv(replayed.differences));
    console.log(replayedText(replayed));
    if (options.keep === true) console.log(keptText(replayed.shadow));
  } catch (error) {
    if (shadow !== null) console.error('What was computed is kept: the same command goes on where this one was.');
    throw error;
  }
}

function replayedText({ differences, documents, promoted }: Replayed): string {
  const counts = `${documents} documents computed, ${differences.length} differ from what stands.`;
  const outcome =
    promoted === null
      ? 'Nothing was changed. --promote puts the result in the place of what stands.'
      : `Promoted as version ${promoted.calcVersion}: ${promoted.documents} documents, ${promoted.totals} usage totals.`;
  return `${differencesText(differences)}\n\n${counts}\n${outcome}`;
}

function keptText({ prefix }: Shadow): string {
  return `Kept: the topics and groups whose names begin with ${prefix}; the same command without --keep deletes them.`;
}

async function hostOf(world: World, maxRate: number | undefined): Promise<ReplayHost> {
  const { kafka, settings, logger } = world;
  const codec = await world.codec();
  const processorHost = (role: string, prefix: string, live: readonly string[], signal: AbortSignal) => ({
    kafka,
    prefix,
    inputPrefixes: new Map(live.map((topic) => [topic, settings.topicPrefix])),
    codec,
    commitIntervalMs: settings.commitIntervalMs,
    sessionTimeoutMs: settings.sessionTimeoutMs,
    logger: logger.child({ role: `replay ${role}` }),
    signal,
    ...(maxRate === undefined ? {} : { maxRecordsPerSecond: maxRate }),
  });
  return {
    kafka,
    admin: world.admin,
    codec,
    publisher: await world.publisher(),
    publisherOf: (prefix) => createPublisher({ kafka, codec, prefix, logger }),
    settings,
    catalogPosition: readCatalogPosition,
    meter: (shadow, days, signal) => {
      const { openDays, maxCallHours } = settings;
      // A line may end a day after it began, and its repetition may come until its day has closed.
      const config = { openDays, maxCallHours, replay: { days, marginDays: openDays + Math.ceil(maxCallHours / 24) } };
      return runProcessor(meter, config, processorHost('meter', shadow.prefix, [calls.name, usage.name], signal));
    },
    attribute: (shadow, days, ownCatalog, signal) => {
      const live = [costReports.name, ...(ownCatalog ? [] : [catalogs.name])];
      const config = {
        days,
        horizonDays: Number.POSITIVE_INFINITY,
        openDayIntervalMs: 0,
        openDayLinesPerSecond: Number.POSITIVE_INFINITY,
      };
      return runProcessor(attribute, config, processorHost('attribute', shadow.prefix, live, signal));
    },
  };
}

/** A line of progress for each role, of how much it has still to read. */
function stagedProgress() {
  let current: { role: string; progress: ReturnType<typeof startProgress>; total: number } | null = null;
  const done = (): void => {
    current?.progress.done(`${current.total.toLocaleString('en-US')} records`);
    current = null;
  };
  return {
    done,
    report: (role: string, behind: number): void => {
      if (current?.role !== role) {
        done();
        current = { role, progress: startProgress(`Replaying, ${role}`), total: behind };
      }
      current.total = Math.max(current.total, behind);
      current.progress.update(current.total - behind, current.total);
    },
  };
}
