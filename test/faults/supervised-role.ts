import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { startApportion } from '../integration/command.ts';

const STOP_LIMIT_MS = 40_000;

/** A process of roles that is started again whenever it dies, as a supervisor would. */
export class SupervisedRole {
  readonly args: readonly string[];
  readonly #env: Readonly<Record<string, string>>;
  #child: ChildProcess;
  #stopping = false;
  /** What all its processes have logged. */
  log = '';
  starts = 0;

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    this.args = args;
    this.#env = env;
    this.#child = this.#start();
  }

  /** Ends the process that runs now, at once. Another one is started when it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** Ends it in good order and for good; fails when it does not end so. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    clearTimeout(limit);
    if (code !== 0) throw new Error(`apportion run ${this.args.join(' ')} ended with ${code}:\n${this.log}`);
  }

  #start(): ChildProcess {
    this.starts += 1;
    const child = startApportion(['run', ...this.args], this.#env);
    child.stdout?.resume();
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.log += text;
    });
    child.once('exit', () => {
      if (!this.#stopping) this.#child = this.#start();
    });
    return child;
  }
}
