import type { Logger } from 'pino';
import type { Committed } from '../task.ts';
import { KafkaError } from './errors.ts';

/** How long a group is asked again that answers with less than it has confirmed. */
const BEHIND_LIMIT_MS = 30_000;

/** What a group answers, by topic and partition. */
type Answer = ReadonlyMap<string, ReadonlyMap<number, Committed>>;

/**
 * What a group has confirmed to this process. Positions only rise: an answer below them comes of a coordinator that has
 * not read all of its log yet, or has lost some of it. Whoever began from there would write again what is written, so
 * that such an answer is not believed, for no partition.
 */
export class ConfirmedPositions {
  readonly #logger: Logger;
  readonly #nowMs: () => number;
  /** By topic and partition. */
  readonly #confirmed = new Map<string, Map<number, Confirmed>>();
  /** Since when the group has answered with less. */
  #behindSinceMs: number | null = null;

  /** @param nowMs a clock that nobody sets */
  constructor(logger: Logger, nowMs: () => number = () => performance.now()) {
    this.#logger = logger;
    this.#nowMs = nowMs;
  }

  confirm(topic: string, partition: number, offset: number): void {
    const confirmed = this.#confirmed.get(topic) ?? new Map<number, Confirmed>();
    const { latest } = confirmed.get(partition) ?? NOTHING;
    if (offset > latest) confirmed.set(partition, { settled: latest, latest: offset });
    this.#confirmed.set(topic, confirmed);
  }

  /**
   * Takes what the group answers about the topics. After half a minute it is believed, since nothing else is to be had
   * then: that is told.
   *
   * @throws KafkaError `transient` when it lies before what was confirmed
   */
  check(topics: readonly string[], answer: Answer): void {
    const behind = topics.flatMap((topic) => this.#behind(topic, answer.get(topic)));
    if (behind.length === 0) {
      this.#behindSinceMs = null;
      return;
    }
    this.#behindSinceMs ??= this.#nowMs();
    const text = `The group answers with less than it has confirmed: ${behind.join(', ')}.`;
    if (this.#nowMs() - this.#behindSinceMs < BEHIND_LIMIT_MS) throw new KafkaError('transient', text);
    this.#logger.warn(`${text} What lies between is counted again, and refused lines are told again.`);
    for (const topic of topics) this.#confirmed.delete(topic);
    this.#behindSinceMs = null;
  }

  #behind(topic: string, answer: ReadonlyMap<number, Committed> | undefined): string[] {
    return [...(this.#confirmed.get(topic) ?? [])].flatMap(([partition, { settled }]) => {
      const offset = answer?.get(partition)?.offset ?? 0;
      return offset >= settled ? [] : [`${offset} of ${topic}/${partition} after ${settled}`];
    });
  }
}

interface Confirmed {
  readonly latest: number;
  /**
   * The one before: a transaction is confirmed a moment before its positions are told, and the next one begins only
   * after that.
   */
  readonly settled: number;
}

const NOTHING: Confirmed = { latest: 0, settled: 0 };
