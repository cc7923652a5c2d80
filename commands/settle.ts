import { Command, InvalidArgumentError } from 'commander';
import { pipelineStages } from '../operations/pipeline-stages.ts';
import { settle } from '../operations/settle.ts';
import { startProgress } from '../runtime/terminal/progress.ts';
import { withWorld } from './world.ts';

const DEFAULT_TIMEOUT_MS = 120_000;

/** `apportion settle` */
export function settleCommand(): Command {
  return new Command('settle')
    .description('return when all that was in the input topics is attributed and in Postgres')
    .option('--timeout <duration>', 'how long to wait at most, as 90s or 5m', durationMs, DEFAULT_TIMEOUT_MS)
    .action((options: { timeout: number }, command: Command) =>
      withWorld(command, async (world) => {
        const progress = startProgress('Settling');
        const admin = await world.admin();
        await settle(admin, pipelineStages(admin, world.pool, world.settings.topicPrefix), {
          timeoutMs: options.timeout,
          report: (_role, behind) => progress.update(behind, null),
        });
        progress.done('everything is attributed and in Postgres');
      }),
    );
}

/** Reads `500ms`, `90s`, `5m` or `1h` as milliseconds. */
export function durationMs(text: string): number {
  const match = /^(\d{1,6})(ms|s|m|h)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('Write a number and a unit: 500ms, 90s, 5m or 1h.');
  const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] as 'ms' | 's' | 'm' | 'h'];
  return Number(match[1]) * unitMs;
}
