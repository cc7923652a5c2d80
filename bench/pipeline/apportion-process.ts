import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const main = join(import.meta.dirname, '../../main.ts');
/** What is kept of what it said, for the message of a benchmark that fails. */
const KEPT_LINES = 20;
const STOP_LIMIT_MS = 20_000;

/** `apportion ARGUMENTS` as users run it, in a process of its own. */
export class ApportionProcess {
  /** Resolves with what it wrote to its output once it has ended by itself; rejects when it did not end well. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #said: string[] = [];

  /**
   * @param env its settings: nothing of this process's own reaches it
   * @param onLine takes each line that it writes for people, while it runs
   */
  constructor(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    onLine: (line: string) => void = () => {},
  ) {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('APPORTION_'));
    this.#child = spawn(process.execPath, [main, ...args], {
      env: { ...Object.fromEntries(inherited), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#exited = once(this.#child, 'exit');
    this.ended = this.#run(`apportion ${args.join(' ')}`, onLine);
    // Whoever only stops it does not want to know how it ended.
    this.ended.catch(() => {});
  }

  /** Tells it to stop in good order, and ends it when it does not. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGTERM');
    const limit = setTimeout(() => this.#child.kill('SIGKILL'), STOP_LIMIT_MS);
    await this.#exited;
    clearTimeout(limit);
  }

  async #run(name: string, onLine: (line: string) => void): Promise<string> {
    let output = '';
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    if (this.#child.stderr !== null) {
      createInterface(this.#child.stderr).on('line', (line) => {
        onLine(line);
        this.#said.push(line);
        if (this.#said.length > KEPT_LINES) this.#said.shift();
      });
    }
    const [code, signal] = (await once(this.#child, 'close')) as [number | null, string | null];
    if (code === 0) return output;
    throw new Error(`${name} ended with ${signal ?? code}:\n${this.#said.join('\n')}`);
  }
}
