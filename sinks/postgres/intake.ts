import type { Refusal } from '../../attribution/refusal.ts';
import { deadLetterOf, type Refused } from '../../runtime/dead-letter.ts';
import { type Codec, type InputRecord, Undecodable } from '../../runtime/task.ts';
import type { Topic } from '../../schemas/topics.ts';
import { PROCESSOR_NAME } from './name.ts';
import type { DeadLetterRow, SinkRow } from './rows.ts';

/** What the sink makes of the values of one topic. */
export interface IntakeRules<T, R extends SinkRow> {
  readonly topic: Topic<T>;
  /** Why Postgres cannot keep the value, or does not, since nobody counts it; or null. */
  refuse(value: T, record: InputRecord): Refusal | null;
  row(value: T, record: InputRecord): R;
  /** The row that stands for both, which have the same key. */
  merge(held: R, incoming: R): R;
}

/** Collects the rows of one topic between two flushes, one for each key. */
export interface Intake {
  fold(record: InputRecord): void;
  /** Gives the rows and starts anew. */
  take(): SinkRow[];
}

/** An intake of a topic by its rules. What is refused becomes a dead letter, and takes the place of nothing. */
export function createIntake<T, R extends SinkRow>(codec: Codec, rules: IntakeRules<T, R>): Intake {
  let rows = new Map<string, R>();
  let letters: DeadLetterRow[] = [];
  const refuse = (record: InputRecord, refused: Refused): void => {
    letters.push({ kind: 'deadLetter', letter: deadLetterOf(record, PROCESSOR_NAME, refused) });
  };
  return {
    fold(record) {
      const value = codec.decode(rules.topic, record.value);
      if (value instanceof Undecodable) return refuse(record, value);
      const refusal = rules.refuse(value, record);
      if (refusal !== null) return refuse(record, refusal);
      const key = rules.topic.key(value);
      const held = rows.get(key);
      const incoming = rules.row(value, record);
      rows.set(key, held === undefined ? incoming : rules.merge(held, incoming));
    },
    take() {
      const taken = [...letters, ...rows.values()];
      rows = new Map();
      letters = [];
      return taken;
    },
  };
}
