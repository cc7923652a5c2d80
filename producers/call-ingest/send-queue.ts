import type { Call } from '../../schemas/call.ts';

export interface SendQueueOptions {
  /** Resolves when Kafka has acknowledged the calls. */
  readonly publish: (calls: readonly Call[]) => Promise<void>;
  /** What one publish takes of several requests; a larger request goes alone. */
  readonly maxSendCalls: number;
}

/** What has become of the calls of a request. */
export interface Sending {
  /** `late`: nothing is known after the time-out. They may be published still, which does no harm. */
  readonly outcome: Promise<'acknowledged' | 'late'>;
  /** The queue holds the calls no longer. */
  readonly released: Promise<void>;
}

/**
 * Publishes the calls of requests, one publish at a time: what comes meanwhile goes together in the next, so that many
 * small requests cost Kafka as little as a few large ones. A request is done when its own calls are acknowledged.
 */
export class SendQueue {
  /** Rejects when a publish has failed as none should: waiting for it would be in vain. */
  readonly broken: Promise<never>;
  readonly #options: SendQueueOptions;
  readonly #fail: (error: unknown) => void;
  #waiting: Entry[] = [];
  #isSending = false;

  constructor(options: SendQueueOptions) {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {});
    this.broken = promise;
    this.#fail = reject;
    this.#options = options;
  }

  send(calls: readonly Call[], timeoutMs: number): Sending {
    const outcome = Promise.withResolvers<'acknowledged' | 'late'>();
    const released = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      outcome.resolve('late');
      // What waits still need not be sent, as its sender is told to send it again.
      if (this.#waiting.includes(entry)) released.resolve();
      this.#waiting = this.#waiting.filter((each) => each !== entry);
    }, timeoutMs);
    const entry: Entry = {
      calls,
      end: (how) => {
        clearTimeout(timer);
        outcome.resolve(how);
        released.resolve();
      },
    };
    this.#waiting.push(entry);
    void this.#sendAll();
    return { outcome: outcome.promise, released: released.promise };
  }

  async #sendAll(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#waiting.length > 0) {
      const entries = this.#take();
      try {
        await this.#options.publish(entries.flatMap(({ calls }) => calls));
        for (const entry of entries) entry.end('acknowledged');
      } catch (error) {
        this.#fail(error);
        for (const entry of entries) entry.end('late');
      }
    }
    this.#isSending = false;
  }

  /** The oldest requests that fit into one publish; at least one. */
  #take(): readonly Entry[] {
    let calls = 0;
    let end = 0;
    for (const entry of this.#waiting) {
      calls += entry.calls.length;
      if (end > 0 && calls > this.#options.maxSendCalls) break;
      end++;
    }
    const taken = this.#waiting.slice(0, end);
    this.#waiting = this.#waiting.slice(end);
    return taken;
  }
}

interface Entry {
  readonly calls: readonly Call[];
  end(how: 'acknowledged' | 'late'): void;
}
