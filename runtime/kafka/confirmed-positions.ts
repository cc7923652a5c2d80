import type { Logger } from 'pino';
import type { Committed } from '../task.ts';
import { KafkaError } from './errors.ts';

/** How long a group is asked again that answers with less than it has confirmed. */
const BEHIND_LIMIT_MS = 30_000;

/**
 * What a group has confirmed to this process, by task. Positions only rise: an answer below them comes of a coordinator
 * that has not read all of its log yet, or that has lost some of it. Whoever began from there would write again what is
 * written.
 */
export class ConfirmedPositions {
  readonly #logger: Logger;
  readonly #nowMs: () => number;
  readonly #confirmed = new Map<string, Map<string, number>>();
  /** Since when the group has answered with less. */
  readonly #behindSinceMs = new Map<string, number>();

  /** @param nowMs a clock that nobody sets */
  constructor(logger: Logger, nowMs: () => number = () => performance.now()) {
    this.#logger = logger;
    this.#nowMs = nowMs;
  }

  confirm(task: string, positions: ReadonlyMap<string, Committed>): void {
    const confirmed = this.#confirmed.get(task) ?? new Map<string, number>();
    for (const [topic, { offset }] of positions) confirmed.set(topic, Math.max(offset, confirmed.get(topic) ?? 0));
    this.#confirmed.set(task, confirmed);
  }

  /**
   * Takes what the group answers. After half a minute it is believed, since nothing else is to be had then: that is told.
   *
   * @throws KafkaError `transient` when it lies before what was confirmed
   */
  check(task: string, answer: ReadonlyMap<string, Committed>): void {
    const behind = this.#behind(task, answer);
    if (behind === null) {
      this.#behindSinceMs.delete(task);
      return;
    }
    const sinceMs = this.#behindSinceMs.get(task) ?? this.#nowMs();
    this.#behindSinceMs.set(task, sinceMs);
    if (this.#nowMs() - sinceMs < BEHIND_LIMIT_MS) throw new KafkaError('transient', behind);
    this.#logger.warn({ task }, `${behind} What lies between is counted again, and refused lines are told again.`);
    this.#confirmed.delete(task);
    this.#behindSinceMs.delete(task);
  }

  #behind(task: string, answer: ReadonlyMap<string, Committed>): string | null {
    for (const [topic, confirmed] of this.#confirmed.get(task) ?? []) {
      const offset = answer.get(topic)?.offset ?? null;
      if (offset !== null && offset >= confirmed) continue;
      const given = offset === null ? 'nothing' : `offset ${offset}`;
      return `The group answers that ${task} has committed ${given} of ${topic}, and has confirmed ${confirmed} before.`;
    }
    return null;
  }
}
