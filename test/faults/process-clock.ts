import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TEST_FOLDER } from '../runner/leftovers.ts';

const steppableClock = new URL('steppable-clock.ts', import.meta.url).href;

/** The time of day of one process and of those that take its place. */
export class ProcessClock implements Disposable {
  readonly #folder = mkdtempSync(join(process.env[TEST_FOLDER] ?? tmpdir(), 'apportion-clock-'));
  readonly #file = join(this.#folder, 'offset-ms');

  constructor() {
    writeFileSync(this.#file, '0');
  }

  /** What a process finds in its environment so that its clock can be set. */
  get env(): Readonly<Record<string, string>> {
    return { CLOCK_FILE: this.#file, NODE_OPTIONS: `--import=${steppableClock}` };
  }

  /**
   * Sets it off by so much; 0 is right.
   *
   * @param running told at once: it must have come so far that it listens to signals. Null for one that only starts.
   */
  set(offsetMs: number, running: ChildProcess | null): void {
    writeFileSync(this.#file, String(offsetMs));
    running?.kill('SIGUSR2');
  }

  /** When no process needs it any more. */
  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
