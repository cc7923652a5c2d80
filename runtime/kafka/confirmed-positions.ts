import type { Logger } from 'pino';
import type { Committed } from '../task.ts';
import { KafkaError } from './errors.ts';

/** How long a group is asked again that answers with less than it has confirmed. */
const BEHIND_LIMIT_MS = 30_000;

/**
 * What a group has confirmed to this process. Positions only rise: an answer below them comes of a coordinator that has
 * not read all of its log yet, or has lost some of it. Whoever began from there would write again what is written, so
 * that such an answer is believed for no partition of the topic. A process that knows nothing begins there all the
 * same; `ToldLetters` then sees to it that no line is told twice.
 *
 * Seen with Kafka 4.1.1 after 3 of 100 restarts, for a second or until the next restart: a coordinator that knew only a
 * first part of its log. By its code, when it is loaded twice in a row, the end of the first load makes it active
 * (`CoordinatorRuntime` compares states and not epochs) while the second is under way (`CoordinatorLoaderImpl` shows what
 * it has every 16,384 records); what is written then ends the loading.
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

  confirm(topic: string, partition: number, position: Committed): void {
    const confirmed = this.#confirmed.get(topic) ?? new Map<number, Confirmed>();
    const { latest } = confirmed.get(partition) ?? NOTHING;
    if (position.offset > latest.offset) confirmed.set(partition, { settled: latest.offset, latest: position });
    this.#confirmed.set(topic, confirmed);
  }

  /** Whether the last that was confirmed to this process is this position, so that nobody has gone further since. */
  isLatest(topic: string, partition: number, position: Committed | undefined): boolean {
    return position !== undefined && this.#confirmed.get(topic)?.get(partition)?.latest.offset === position.offset;
  }

  /**
   * Where a partition stands, by what the group answers about its topic and what it has confirmed. After half a minute an
   * answer is taken for the partitions of which nothing better is known: that is told.
   *
   * @throws KafkaError `transient` when the answer lies before what was confirmed
   */
  positionOf(topic: string, partition: number, answer: ReadonlyMap<number, Committed>): Committed | undefined {
    this.#check(topic, answer);
    const answered = answer.get(partition);
    const confirmed = this.#confirmed.get(topic)?.get(partition)?.latest;
    return confirmed !== undefined && confirmed.offset > (answered?.offset ?? 0) ? confirmed : answered;
  }

  #check(topic: string, answer: ReadonlyMap<number, Committed>): void {
    const behind = this.#behind(topic, answer);
    if (behind.length === 0) {
      this.#behindSinceMs.delete(topic);
      return;
    }
    const sinceMs = this.#behindSinceMs.get(topic) ?? this.#nowMs();
    this.#behindSinceMs.set(topic, sinceMs);
    const text = `The group answers with less than it has confirmed: ${behind.join(', ')}.`;
    if (this.#nowMs() - sinceMs < BEHIND_LIMIT_MS) throw new KafkaError('transient', text);
    this.#logger.warn(
      `${text} These go on from what was confirmed. Others may read again what they have read, which takes time and changes nothing: restart the broker that coordinates the group.`,
    );
  }

  #behind(topic: string, answer: ReadonlyMap<number, Committed>): string[] {
    return [...(this.#confirmed.get(topic) ?? [])].flatMap(([partition, { settled }]) => {
      const offset = answer.get(partition)?.offset ?? 0;
      return offset >= settled ? [] : [`${offset} of ${topic}/${partition} after ${settled}`];
    });
  }
}

interface Confirmed {
  readonly latest: Committed;
  /**
   * The one before: a transaction is confirmed a moment before its positions are told, and the next one begins only
   * after that.
   */
  readonly settled: number;
}

const NOTHING: Confirmed = { latest: { offset: 0, metadata: '' }, settled: 0 };
