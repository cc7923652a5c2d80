import type { Logger } from 'pino';
import type { Checkpoint } from '../../schemas/checkpoint.ts';
import { checkpoints } from '../../schemas/topics.ts';
import { ApportionError } from '../errors.ts';
import { type Journal, type JournalEntry, publication, takenOver } from '../journal.ts';
import { retry } from '../retry.ts';
import { type OutputRecord, output, Undecodable } from '../task.ts';
import { sendsOf } from './batches.ts';
import type { KafkaClient, TransactionalProducer } from './client.ts';
import type { PreparedCodec } from './codec.ts';
import { faultOf, isKafkaAway } from './errors.ts';
import { readTopic } from './read-topic.ts';

export interface KafkaJournalOptions {
  /** Unique per writer: the transactional id and the keys of its checkpoints derive from it. */
  readonly name: string;
  readonly kafka: KafkaClient;
  readonly codec: PreparedCodec;
  /** Prefix of topics and transactional ids. */
  readonly prefix: string;
  readonly logger: Logger;
  /** Ends the waiting for a broker that is away. */
  readonly signal?: AbortSignal;
}

/**
 * A journal in Kafka: values and checkpoints in one transaction, under a transactional id that the broker gives to the
 * newest writer alone. A broker that is away is waited for. After an outcome that is not known the journal is opened
 * anew, and its number of writes says whether the write has come through.
 */
export function createKafkaJournal(options: KafkaJournalOptions): Journal {
  return new KafkaJournal(options);
}

class KafkaJournal implements Journal {
  readonly #options: KafkaJournalOptions;
  #producer: TransactionalProducer | null = null;
  /** How many writes the journal has seen: the checkpoint under the bare name. */
  #writes = 0;

  constructor(options: KafkaJournalOptions) {
    this.#options = options;
  }

  async open(): Promise<ReadonlyMap<string, string>> {
    const { writes, state } = await this.#persistently(() => this.#takeOver());
    this.#writes = writes;
    return state;
  }

  async write({ publications, state }: JournalEntry): Promise<void> {
    const { codec, name } = this.#options;
    const saved = [...state].map(([key, text]) => this.#checkpoint(`${name}/${key}`, text));
    const counted = this.#checkpoint(name, String(this.#writes + 1));
    const records = [...publications, publication(checkpoints, [...saved, counted])].flatMap(({ topic, values }) =>
      values.map((value) => output<never>(codec, topic, value)),
    );
    await this.#persistently(async () => {
      // After an unknown outcome: whatever stands there now tells what has become of it.
      if (this.#producer === null && (await this.#hasCome(this.#writes + 1))) return;
      await this.#transact(records);
    });
    this.#writes += 1;
  }

  async close(): Promise<void> {
    await this.#discard();
  }

  #checkpoint(poller: string, state: string): Checkpoint {
    return { poller, state, savedAt: Date.now() };
  }

  #persistently<T>(action: () => Promise<T>): Promise<T> {
    const { logger, signal } = this.#options;
    return retry({ what: 'Kafka', isTransient: isKafkaAway, logger, signal }, async () => {
      try {
        return await action();
      } catch (error) {
        await this.#discard();
        throw faultOf(error) === 'fenced' ? takenOver(error) : error;
      }
    });
  }

  async #hasCome(write: number): Promise<boolean> {
    const { writes } = await this.#takeOver();
    if (writes > write) throw takenOver();
    return writes === write;
  }

  /** In this order: what an earlier writer has written by now is seen, and it can write no more. */
  async #takeOver(): Promise<{ writes: number; state: ReadonlyMap<string, string> }> {
    const { kafka, prefix, name } = this.#options;
    await this.#discard();
    this.#producer = await kafka.transactionalProducer(`${prefix}journal-${name}`);
    return this.#read();
  }

  async #read(): Promise<{ writes: number; state: ReadonlyMap<string, string> }> {
    const { kafka, codec, prefix, name } = this.#options;
    const values: Buffer[] = [];
    await readTopic(kafka, prefix + checkpoints.name, ({ key, value }) => {
      const text = key?.toString() ?? '';
      if (value !== null && (text === name || text.startsWith(`${name}/`))) values.push(value);
    });
    await codec.prepare(values);
    const state = new Map<string, string>();
    for (const value of values) {
      const checkpoint = codec.decode(checkpoints, value);
      if (checkpoint instanceof Undecodable) throw unreadable(name, checkpoint);
      if (checkpoint.state === '') state.delete(checkpoint.poller);
      else state.set(checkpoint.poller, checkpoint.state);
    }
    const writes = Number(state.get(name) ?? '0');
    state.delete(name);
    return { writes, state: new Map([...state].map(([key, text]) => [key.slice(name.length + 1), text])) };
  }

  async #transact(records: readonly OutputRecord[]): Promise<void> {
    if (this.#producer === null) throw new Error('the journal is written before it is opened');
    for (const sent of sendsOf(this.#options.prefix, records)) await this.#producer.send(sent);
    await this.#producer.commit();
  }

  async #discard(): Promise<void> {
    const producer = this.#producer;
    this.#producer = null;
    await producer?.discard();
  }
}

function unreadable(name: string, { detail }: Undecodable): ApportionError {
  return new ApportionError(
    'checkpoint_unreadable',
    `A checkpoint of ${name} cannot be read: ${detail}`,
    'Run `apportion topics apply` with this version, then start again.',
  );
}
