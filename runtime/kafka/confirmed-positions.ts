import type { Logger } from 'pino';
import type { Committed } from '../task.ts';
import { KafkaError } from './errors.ts';

/** How long a group is asked again that answers with less than it has confirmed. */
const BEHIND_LIMIT_MS = 30_000;

/**
 * What a group has confirmed to this process. Positions only rise: an answer below them comes of a coordinator that has
 * not read all of its log yet, or has lost some of it. Whoever began from there would write again what is written, so
 * that such an answer is believed for no partition of the topic.
 *
 * Seen with Kafka 4.1.1 after its restart: when a coordinator is loaded twice in a row, the end of the first load makes it
 * active (`CoordinatorRuntime`, which compares states and not epochs) while the second has it at some multiple of 16,384
 * records (`CoordinatorLoaderImpl`, which shows its state each time).
 */
export class ConfirmedPositions {
  readonly #logger: Logger;
  readonly #nowMs: () => number;
  /** By topic and partition. */
  readonly #confirmed = new Map<string, Map<number, Confirmed>>();
  /** By topic, since when the group has answered with less. */
  readonly #behindSinceMs = new Map<string, number>();

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
   * Takes what the group answers about a topic, by partition. After half a minute it is believed, since nothing else is
   * to be had then: that is told.
   *
   * @throws KafkaError `transient` when it lies before what was confirmed
   */
  check(topic: string, answer: ReadonlyMap<number, Committed>): void {
    const behind = this.#behind(topic, answer);
    if (behind.length === 0) {
      this.#behindSinceMs.delete(topic);
      return;
    }
    const sinceMs = this.#behindSinceMs.get(topic) ?? this.#nowMs();
    this.#behindSinceMs.set(topic, sinceMs);
    const text = `The group answers with less than it has confirmed: ${behind.join(', ')}.`;
    if (this.#nowMs() - sinceMs < BEHIND_LIMIT_MS) throw new KafkaError('transient', text);
    this.#logger.warn(`${text} What lies between is counted again, and refused lines are told again.`);
    this.#confirmed.delete(topic);
    this.#behindSinceMs.delete(topic);
  }

  #behind(topic: string, answer: ReadonlyMap<number, Committed>): string[] {
    return [...(this.#confirmed.get(topic) ?? [])].flatMap(([partition, { settled }]) => {
      const offset = answer.get(partition)?.offset ?? 0;
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
