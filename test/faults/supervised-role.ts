import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { startApportion } from '../integration/command.ts';
import { eventually } from '../integration/stack.ts';
import { ProcessClock } from './process-clock.ts';

/** Restarts that nobody expects come to an end. */
const MAX_DEATHS = 5;
/** An error with its cause, and their stacks. */
const LAST_WORDS = 40;
/** What is kept of the log of a process, for the message of a test that fails. */
const KEPT_LINES = 200;
const SAY_LIMIT_MS = 120_000;

/** `apportion run ROLE…` as a process of its own that is started again when it dies, as a supervisor would do. */
export class SupervisedRole {
  readonly name: string;
  /** How it ended without having been told to. */
  readonly deaths: string[] = [];
  kills = 0;
  readonly #env: Readonly<Record<string, string>>;
  readonly #roles: readonly string[];
  #child: ChildProcess;
  /** What the present process has said, message by message. */
  #said: string[] = [];
  readonly #listeners = new Set<(line: string) => void>();
  readonly #clock = new ProcessClock();
  #isKilled = false;
  #isStopping = false;
  #isDown = false;
  #exited: Promise<unknown>;

  constructor(roles: readonly string[], env: Readonly<Record<string, string>>) {
    this.name = roles.join(' ');
    this.#roles = roles;
    this.#env = env;
    this.#child = this.#start();
    this.#exited = once(this.#child, 'exit');
  }

  /** What the present process has said. */
  get said(): readonly string[] {
    return this.#said;
  }

  /** Hands on each line of the log from now on, as it is written, until the function that it gives is called. */
  listen(take: (line: string) => void): () => void {
    this.#listeners.add(take);
    return () => this.#listeners.delete(take);
  }

  /** Waits until the present process has said something that fits. */
  async untilSaid(what: string, fits: (line: string) => boolean): Promise<void> {
    await eventually(`${this.name} to say ${what}`, () => this.#said.some(fits), SAY_LIMIT_MS);
  }

  /** The present process, started anew after a kill say, has restored a task and goes on. */
  untilLive(): Promise<void> {
    return this.untilSaid('that a task is live', (line) => line.endsWith(': live'));
  }

  /** `kill -9`: what it was doing is cut off wherever it was. */
  kill(): void {
    this.kills += 1;
    this.#isKilled = true;
    this.#said = [];
    this.#child.kill('SIGKILL');
  }

  /** `kill -9`, and it is not started again until it is brought up. Resolves when it has ended. */
  async takeDown(): Promise<void> {
    this.#isDown = true;
    this.kill();
    await this.#exited;
  }

  bringUp(): void {
    this.#isDown = false;
    this.#startAgain();
  }

  /** It does nothing more, and its connections stay open, until it is woken. */
  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  wake(): void {
    this.#child.kill('SIGCONT');
  }

  /** Sets its time of day off by so much, now and after it was started again; 0 is right. */
  setClock(offsetMs: number): void {
    this.#clock.set(offsetMs, this.#said.length === 0 ? null : this.#child);
  }

  /** Tells it to stop in good order; resolves when it has. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#child.kill('SIGTERM');
    await this.#exited;
    this.#clock[Symbol.dispose]();
  }

  /** Ends it for good, however it is. */
  end(): void {
    this.#isStopping = true;
    this.#child.kill('SIGKILL');
    this.#clock[Symbol.dispose]();
  }

  #start(): ChildProcess {
    const child = startApportion(['run', ...this.#roles], { ...this.#env, ...this.#clock.env });
    this.#said = [];
    this.#isKilled = false;
    const said = this.#said;
    child.stdout?.resume();
    if (child.stderr !== null) {
      createInterface(child.stderr).on('line', (line) => {
        for (const take of this.#listeners) take(line);
        said.push(messageOf(line));
        if (said.length > KEPT_LINES) said.shift();
      });
    }
    child.once('exit', (code, signal) => this.#exit(code, signal));
    return child;
  }

  #exit(code: number | null, signal: NodeJS.Signals | null): void {
    if (!this.#isKilled && !(this.#isStopping && code === 0)) {
      this.deaths.push(`${this.name} ended with ${signal ?? code}: ${this.#said.slice(-LAST_WORDS).join(' | ')}`);
    }
    if (this.#isStopping || this.#isDown || this.deaths.length > MAX_DEATHS) return;
    this.#startAgain();
  }

  #startAgain(): void {
    this.#child = this.#start();
    this.#exited = once(this.#child, 'exit');
  }
}

/** A line of the log is JSON; what Node itself says of a crash is not. */
function messageOf(line: string): string {
  try {
    return (JSON.parse(line) as { msg: string }).msg;
  } catch {
    return line;
  }
}
