import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Progress, Work } from './work.ts';

const PROGRAM = new URL('program.ts', import.meta.url).pathname;
/** kafkajs as it is published causes this warning on this Node all the time. */
const ARGS = ['--disable-warning=TimeoutNegativeWarning'];

/** A process that does one piece of work after another. */
export class Worker {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(): Promise<Worker> {
    const child = fork(PROGRAM, { execArgv: ARGS });
    await once(child, 'spawn');
    return new Worker(child);
  }

  /**
   * Begins the work, goes on with it when told to, does it until told to stop, and reports how far it has come.
   *
   * @throws Error when the process ends by itself
   */
  async do(work: Work, report: (progress: Progress) => void): Promise<void> {
    const stopped = Promise.withResolvers<void>();
    const take = (message: Progress | 'stopped'): void => {
      if (message === 'stopped') stopped.resolve();
      else report(message);
    };
    const fail = (): void => stopped.reject(new Error('A process that was measured has ended by itself.'));
    this.#child.on('message', take).once('exit', fail).send(work);
    try {
      await stopped.promise;
    } finally {
      this.#child.off('message', take).off('exit', fail);
    }
  }

  tell(command: 'go' | 'stop'): void {
    this.#child.send(command);
  }

  async end(): Promise<void> {
    if (!this.#child.connected) return;
    this.#child.disconnect();
    await once(this.#child, 'exit');
  }
}
