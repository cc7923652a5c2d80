import { schedule } from 'node-cron';
import type { Logger } from 'pino';
import { ApportionError } from '../runtime/errors.ts';
import type { Instant } from '../schemas/scalars.ts';

/** Work that is done again and again. */
export interface ScheduledJob {
  readonly name: string;
  /** Cron expression of five or six fields, in UTC. */
  readonly cron: string;
  /** A random pause before each run, at most this long, so that many pollers do not ask at the same instant. */
  readonly jitterMs: number;
  /** `nextRunAt` is when its time comes next, without the random pause. */
  run(nextRunAt: Instant | null): Promise<void>;
}

/**
 * Runs a job at once and then whenever its time comes, never twice at a time, until the signal is aborted. A run that
 * fails with an `ApportionError` is logged and the next one tries again; any other error is thrown.
 */
export async function runOnSchedule(job: ScheduledJob, logger: Logger, signal: AbortSignal): Promise<void> {
  const broken = Promise.withResolvers<never>();
  const run = async (): Promise<void> => {
    if (signal.aborted) return;
    try {
      await job.run(task.getNextRun()?.getTime() ?? null);
    } catch (error) {
      if (!(error instanceof ApportionError)) broken.reject(error);
      else logger.warn({ job: job.name, code: error.code, advice: error.advice }, `${job.name}: ${error.message}`);
    }
  };
  const task = schedule(job.cron, run, {
    timezone: 'Etc/UTC',
    noOverlap: true,
    maxRandomDelay: job.jitterMs,
    name: job.name,
  });
  try {
    await run();
    await Promise.race([broken.promise, aborted(signal)]);
  } finally {
    await task.destroy();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
