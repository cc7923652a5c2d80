import { Command, InvalidArgumentError } from 'commander';
import { pipelineStages } from '../operations/pipeline-stages.ts';
import { type SettleOptions, settle } from '../operations/settle.ts';
import { untilDeadline } from '../operations/until-deadline.ts';
import { readCatalogPosition } from '../processors/attribute/positions.ts';
import { ApportionError } from '../runtime/errors.ts';
import { isKafkaAway } from '../runtime/kafka/errors.ts';
import { isTransient as isPostgresAway } from '../runtime/postgres/sqlstate.ts';
import { startProgress } from '../runtime/terminal/progress.ts';
import { catalogs } from '../schemas/topics.ts';
import { type World, withWorld } from './world.ts';

const DEFAULT_TIMEOUT_MS = 120_000;

/** `apportion settle` */
export function settleCommand(): Command {
  return new Command('settle')
    .description('return when all that was in the input topics is attributed and in Postgres')
    .option('--timeout <duration>', 'how long to wait at most, as 90s or 5m', durationMs, DEFAULT_TIMEOUT_MS)
    .action((options: { timeout: number }, command: Command) =>
      withWorld(command, (world) => settleWithProgress(world, options.timeout)),
    );
}

/** Waits until all that was in the input topics is attributed and in Postgres, and shows how it goes. */
export async function settleWithProgress(world: World, timeoutMs = DEFAULT_TIMEOUT_MS): Promise<void> {
  const progress = startProgress('Settling, records behind');
  const startedMs = Date.now();
  await settlePipeline(world, { timeoutMs, report: (_role, behind) => progress.update(behind, null) });
  progress.done(`none, after ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
}

/** Waits until all that was in the input topics is attributed and in Postgres. */
export async function settlePipeline(world: World, options: SettleOptions): Promise<void> {
  const prefix = world.settings.topicPrefix;
  const isTransient = (error: unknown): boolean => isKafkaAway(error) || isPostgresAway(error);
  const patient = { isTransient, ...options };
  const { admin } = world;
  const deadlineMs = Date.now() + options.timeoutMs;
  const extents = await untilDeadline(patient, deadlineMs, () => admin.extents(prefix + catalogs.name));
  if ((extents.get(0)?.end ?? 0) === 0) {
    throw new ApportionError(
      'no_catalog',
      'Nothing can be attributed: no catalog was ever applied.',
      'Apply one with `apportion catalog apply FILE`; catalog.example.yaml is one to begin with.',
    );
  }
  const stages = pipelineStages({ admin, pool: world.pool, prefix, catalogPosition: readCatalogPosition });
  await settle(admin, stages, patient);
}

/** Reads `500ms`, `90s`, `5m` or `1h` as milliseconds. */
function durationMs(text: string): number {
  const match = /^(\d{1,6})(ms|s|m|h)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('Write a number and a unit: 500ms, 90s, 5m or 1h.');
  const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] as 'ms' | 's' | 'm' | 'h'];
  return Number(match[1]) * unitMs;
}
