import type { Refused } from '../../runtime/dead-letter.ts';
import type { InputRecord } from '../../runtime/task.ts';
import type { Day, Instant } from '../../schemas/scalars.ts';
import type { Hash } from './hash.ts';

/**
 * A line of usage, a call or a sample, as the fold sees it: hashes and numbers. Texts are made only where something is
 * written about the line.
 */
export interface Line {
  /** Of source and id. */
  readonly identity: Hash;
  /** Of what totals are kept by within a day: meter, tenant, product, cluster, namespace. */
  readonly key: Hash;
  /** Of everything but the identity: two words. */
  readonly content: Hash;
  readonly firstDay: Day;
  readonly lastDay: Day;
  /**
   * How far event time has come: to the end of the line, but no further than to its record. A window that was announced
   * for a month must not close the month.
   */
  readonly eventTime: Instant;
  /** All that the line measures, in the meter's base unit. */
  readonly quantity: number;
  /** Calls that the line counts for, on its first day. */
  readonly count: 0 | 1;
  /** What the line gives to each day that it touches. */
  parts(): readonly LinePart[];
  texts(): LineTexts;
}

/** A reader is its own line, filled anew by each `read`: millions of lines a second must not leave objects behind. */
export interface LineReader extends Line {
  /** Takes the record in. Gives why it is refused by its content alone, where that can be told without `check`. */
  read(record: InputRecord): Refused | null;
  /**
   * Judges what `read` may have left open: whether the texts of the key are good. Whoever finds that a total of this
   * key was made before knows that they are, and need not ask.
   */
  check(): Refused | null;
}

export interface LinePart {
  readonly day: Day;
  readonly quantity: number;
  readonly count: 0 | 1;
}

export interface LineTexts {
  readonly source: string;
  readonly id: string;
  readonly meter: string;
  readonly tenant: string;
  readonly product: string;
  readonly cluster: string;
  readonly namespace: string;
  /** Whether totals of the line count calls. */
  readonly isCall: boolean;
}
