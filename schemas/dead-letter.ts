import { type Instant, instantAvro } from './scalars.ts';

/** An input record that could not be used, with its original bytes, so that it can be sent again. */
export interface DeadLetter {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: Instant;
  /** Processor that refused it. */
  readonly processor: string;
  /** Machine-readable, snake_case: undecodable, unknown_schema, late, conflicting_duplicate … */
  readonly reason: string;
  /** What happened, to what, in a sentence. */
  readonly detail: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly DeadLetterHeader[];
}

export interface DeadLetterHeader {
  readonly name: string;
  readonly value: Buffer;
}

export const deadLetterAvro = {
  type: 'record',
  name: 'DeadLetter',
  namespace: 'apportion',
  doc: 'An input record that could not be used, with its original bytes.',
  fields: [
    { name: 'topic', type: 'string', doc: 'Topic it was read from, without prefix.' },
    { name: 'partition', type: 'int', doc: 'Partition it was read from.' },
    { name: 'offset', type: 'long', doc: 'Offset it was read from.' },
    { name: 'timestamp', type: instantAvro, doc: 'Timestamp of the original record.' },
    { name: 'processor', type: 'string', doc: 'Processor that refused it.' },
    { name: 'reason', type: 'string', doc: 'Machine-readable reason.' },
    { name: 'detail', type: 'string', doc: 'What happened, in a sentence.' },
    { name: 'key', type: ['null', 'bytes'], doc: 'Original key.' },
    { name: 'value', type: ['null', 'bytes'], doc: 'Original value.' },
    {
      name: 'headers',
      doc: 'Original headers.',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'DeadLetterHeader',
          fields: [
            { name: 'name', type: 'string', doc: 'Name.' },
            { name: 'value', type: 'bytes', doc: 'Value.' },
          ],
        },
      },
    },
  ],
} as const;
