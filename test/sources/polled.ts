import { Registry } from 'prom-client';
import { openPoller } from '../../producers/pollers.ts';
import { createPollerMetrics } from '../../producers/polling/metrics.ts';
import type { PollOutcome, PollRequest } from '../../producers/polling/poller.ts';
import { createLogger } from '../../runtime/logger.ts';
import { createJournalMemory, createMemoryJournal, type JournalMemory } from '../../runtime/memory/journal.ts';
import { createSecrets } from '../../runtime/secrets.ts';
import type { Catalog } from '../../schemas/catalog.ts';
import type { CostReport } from '../../schemas/cost-report.ts';
import type { SourceStatus } from '../../schemas/source-status.ts';
import { costReports, sourceStatuses, type Topic, usage } from '../../schemas/topics.ts';
import type { UsageSample } from '../../schemas/usage-sample.ts';

/** The key or token that settings of tests name as `env:SOURCE_KEY`. */
export const SOURCE_KEY = 'key-of-the-test-1f0c';

export interface PolledOptions {
  readonly name: string;
  readonly settings: Record<string, unknown>;
  /** The time, in milliseconds; may be moved by the test. */
  readonly clock: { nowMs: number };
  /** Of an earlier process: what it has published and remembers. */
  readonly memory?: JournalMemory;
  readonly env?: Readonly<Record<string, string>>;
  /** The catalog in force at the moment; none when left out. */
  readonly catalog?: () => Catalog;
}

/** A poller on a journal in memory, and what it has published so far. */
export class Polled {
  readonly memory: JournalMemory;
  readonly registry = new Registry();
  readonly log: string[] = [];
  readonly #options: PolledOptions;
  #poller;

  constructor(options: PolledOptions) {
    this.#options = options;
    this.memory = options.memory ?? createJournalMemory();
    this.#poller = this.#open();
  }

  /** As a process that is started anew: nothing is left but the journal. */
  restart(): void {
    this.registry.clear();
    this.#poller = this.#open();
  }

  poll(request: Partial<PollRequest> = {}): Promise<PollOutcome> {
    return this.#poller.run({ signal: new AbortController().signal, ...request });
  }

  get reports(): readonly CostReport[] {
    return this.#published(costReports);
  }

  get samples(): readonly UsageSample[] {
    return this.#published(usage);
  }

  get status(): SourceStatus {
    const status = this.#published(sourceStatuses).at(-1);
    if (status === undefined) throw new Error('the poller has said nothing of its source');
    return status;
  }

  #published<T>(topic: Topic<T>): readonly T[] {
    const own = this.memory.published.filter((each) => each.topic.name === topic.name);
    return own.flatMap(({ values }) => values as readonly T[]);
  }

  #open() {
    const { name, settings, clock, env = {}, catalog } = this.#options;
    return openPoller(name, settings, {
      journal: createMemoryJournal(this.memory),
      secrets: createSecrets({ env: { SOURCE_KEY, ...env } }),
      catalog: async () => catalog?.() ?? null,
      metrics: createPollerMetrics(this.registry),
      logger: createLogger('debug', { write: (line) => void this.log.push(line) }),
      now: () => clock.nowMs,
      firstPauseMs: 5,
    });
  }
}
