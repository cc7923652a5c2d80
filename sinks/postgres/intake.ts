import type { Refusal } from '../../attribution/refusal.ts';
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

export function createIntake<T, R extends SinkRow>(codec: Codec, rules: IntakeRules<T, R>): Intake {
  let rows = new Map<string, R>();
  let letters: DeadLetterRow[] = [];
  return {
    fold(record) {
      const value = decode(codec, rules.topic, record);
      const refusal = value instanceof Undecodable ? value : rules.refuse(value, record);
      if (value instanceof Undecodable || refusal !== null) {
        letters.push(deadLetterRow(record, refusal?.reason ?? '', refusal?.detail ?? ''));
        return;
      }
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

function decode<T>(codec: Codec, topic: Topic<T>, record: InputRecord): T | Undecodable {
  if (record.value === null) return new Undecodable('empty', 'The record has no value.');
  return codec.decode(topic, record.value);
}

function deadLetterRow(record: InputRecord, reason: string, detail: string): DeadLetterRow {
  const { topic, partition, offset, timestampMs: timestamp, key, value, headers } = record;
  return {
    kind: 'deadLetter',
    letter: { topic, partition, offset, timestamp, processor: PROCESSOR_NAME, reason, detail, key, value, headers },
  };
}
