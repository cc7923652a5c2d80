import type { Logger } from 'pino';

/** Longer than the final flush of a role takes, shorter than the 30 s after which supervisors kill. */
const LIMIT_MS = 25_000;

/**
 * A signal that is aborted at the first SIGTERM or SIGINT: roles then stop reading, write and commit what they have,
 * and leave. The second one, or 25 s, ends the process at once.
 */
export function shutdownSignal(logger: Logger, target: Pick<NodeJS.Process, 'on' | 'exit'> = process): AbortSignal {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) target.exit(1);
    logger.info(`${name}: finishing what is under way; once more to end at once`);
    controller.abort(new Error(`stopped by ${name}`));
    setTimeout(() => {
      logger.error(`not finished ${LIMIT_MS / 1000} s after ${name}: ending; what was not committed is read again`);
      target.exit(1);
    }, LIMIT_MS).unref();
  };
  target.on('SIGTERM', stop);
  target.on('SIGINT', stop);
  return controller.signal;
}
