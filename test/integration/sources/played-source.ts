import assert from 'node:assert/strict';
import { Registry } from 'prom-client';
import type { World } from '../../../commands/world.ts';
import { openPoller } from '../../../producers/pollers.ts';
import { createPollerMetrics } from '../../../producers/polling/metrics.ts';
import type { Poller } from '../../../producers/polling/poller.ts';
import { ApportionError } from '../../../runtime/errors.ts';
import type { Journal } from '../../../runtime/journal.ts';
import { createSecrets } from '../../../runtime/secrets.ts';
import { SOURCE_KEY } from '../../sources/polled.ts';
import type { SourceModel } from '../../sources/poller-promises.ts';
import type { Upstream } from '../../sources/upstream.ts';
import type { Trouble, Turn } from './script.ts';

/** A source as it is played, and how it is asked. */
export interface Played {
  /** The poller, with `:WORD` behind the kind where there are several of it. */
  readonly name: string;
  readonly settings: Record<string, unknown>;
  readonly clock: { nowMs: number };
  readonly model: Pick<SourceModel, 'happen' | 'restate' | 'vanish' | 'truth'> & Partial<Pick<SourceModel, 'goOn'>>;
  /** It tells only of what lies between two polls in quick succession: each turn is three of them, trouble in the middle. */
  readonly isContinuous: boolean;
  /** Null where it is asked without a server. */
  readonly upstream: Upstream | null;
}

/** A poller on the real journal in a time that is played. Its process may be killed; another one then takes over. */
export class PlayedSource implements AsyncDisposable {
  readonly name: string;
  readonly hasServer: boolean;
  /** What the source said when it was last polled without fault. */
  truth: ReturnType<SourceModel['truth']> = new Map();
  /** How often each kind of change and trouble has come about. */
  readonly happened = new Map<string, number>();
  readonly #world: World;
  readonly #played: Played;
  #process: Process;

  private constructor(world: World, played: Played, process: Process) {
    this.name = played.name;
    this.hasServer = played.upstream !== null;
    this.#world = world;
    this.#played = played;
    this.#process = process;
  }

  static async open(world: World, played: Played): Promise<PlayedSource> {
    return new PlayedSource(world, played, await startProcess(world, played));
  }

  /** Time goes on, something may change at the source, and it is polled. */
  async turn(atMs: number, { change, trouble }: Turn = QUIET): Promise<void> {
    const { clock, model, isContinuous } = this.#played;
    if (isContinuous) return this.#pollInSuccession(atMs, trouble);
    clock.nowMs = atMs;
    model.happen?.();
    if (change !== null && model[change] !== undefined) {
      model[change]();
      this.#count(change);
    }
    await this.poll(trouble);
  }

  async #pollInSuccession(atMs: number, trouble: Trouble): Promise<void> {
    const { clock, model } = this.#played;
    clock.nowMs = atMs;
    await this.poll();
    model.goOn?.();
    await this.poll(trouble);
    model.goOn?.();
    await this.poll();
  }

  /** Polls once; whether that goes well must be as the trouble has it. */
  async poll(trouble: Trouble = { kind: 'none' }): Promise<void> {
    const earlier = this.#process;
    if (trouble.kind === 'replaced') this.#process = await startProcess(this.#world, this.#played);
    const { isMet, outcome } = await this.#attempt(trouble);
    assert.equal(outcome.kind, isMet ? expected[trouble.kind] : 'good', `${this.name}: ${outcome.told}`);
    if (isMet) this.#count(trouble.kind);
    if (outcome.kind === 'good') this.truth = this.#played.model.truth();
    if (outcome.kind === 'killed') {
      await earlier.journal.close();
      this.#process = await startProcess(this.#world, this.#played);
    }
    if (trouble.kind === 'replaced') {
      await assert.rejects(earlier.poller.run({ signal: new AbortController().signal }), {
        code: 'journal_taken_over',
      });
      await earlier.journal.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.journal.close();
    await this.#played.upstream?.[Symbol.asyncDispose]();
  }

  #count(what: string): void {
    this.happened.set(what, (this.happened.get(what) ?? 0) + 1);
  }

  async #attempt(trouble: Trouble): Promise<{ readonly isMet: boolean; readonly outcome: Outcome }> {
    const { upstream } = this.#played;
    const { poller, death } = this.#process;
    const killing = new AbortController();
    let isMet = trouble.kind === 'replaced';
    const first = (upstream?.requests.length ?? 0) + 1;
    if (upstream !== null) {
      upstream.disturb = ({ number }) => {
        if (!('request' in trouble) || number - first + 1 < trouble.request) return null;
        if (trouble.kind === 'passing' && isMet) return null;
        isMet = true;
        if (trouble.kind !== 'killed asking') return trouble.fault;
        killing.abort(KILLED);
        return { kind: 'stall' };
      };
    }
    death.at = 'write' in trouble ? trouble : null;
    death.writes = 0;
    const outcome = await outcomeOf(poller, killing.signal);
    return { isMet: isMet || death.writes === death.at?.write, outcome };
  }
}

const QUIET: Turn = { change: null, trouble: { kind: 'none' } };

type OutcomeKind = 'good' | 'broken' | 'killed';

interface Outcome {
  readonly kind: OutcomeKind;
  readonly told: string;
}

/** What a poll comes to when the trouble comes about. */
const expected: Readonly<Record<Trouble['kind'], OutcomeKind>> = {
  none: 'good',
  passing: 'good',
  replaced: 'good',
  lasting: 'broken',
  'killed asking': 'killed',
  'killed before a write': 'killed',
  'killed after a write': 'killed',
};

async function outcomeOf(poller: Poller, signal: AbortSignal): Promise<Outcome> {
  try {
    const { faults, summary } = await poller.run({ signal });
    return faults.length === 0 ? { kind: 'good', told: summary } : { kind: 'broken', told: faults.join('; ') };
  } catch (error) {
    if (error === KILLED) return { kind: 'killed', told: KILLED.message };
    if (error instanceof ApportionError) return { kind: 'broken', told: error.message };
    throw error;
  }
}

/** What nothing but the end of a process does: no code may take it for an outcome. */
const KILLED = new Error('the process was killed');

interface Process {
  readonly poller: Poller;
  readonly journal: Journal;
  readonly death: Death;
}

/** At which write of a poll the process ends. */
interface Death {
  at: Extract<Trouble, { readonly write: number }> | null;
  /** Of this poll. */
  writes: number;
}

/** As `apportion run poller` does it, with a clock of its own. From here on no earlier process can write. */
async function startProcess(world: World, { name, settings, clock }: Played): Promise<Process> {
  const death: Death = { at: null, writes: 0 };
  const journal = mortal(await world.journal(`poller-${name}`), death);
  const poller = openPoller(name, settings, {
    journal,
    secrets: createSecrets({ env: { SOURCE_KEY } }),
    catalog: world.catalog,
    metrics: createPollerMetrics(new Registry()),
    logger: world.logger,
    now: () => clock.nowMs,
    firstPauseMs: 5,
  });
  await poller.announce(null);
  return { poller, journal, death };
}

function mortal(journal: Journal, death: Death): Journal {
  return {
    open: () => journal.open(),
    close: () => journal.close(),
    write: async (entry) => {
      death.writes += 1;
      const isLast = death.writes === death.at?.write;
      if (isLast && death.at?.kind === 'killed before a write') throw KILLED;
      await journal.write(entry);
      if (isLast) throw KILLED;
    },
  };
}
