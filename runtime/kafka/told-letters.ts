import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { DeadLetter } from '../../schemas/dead-letter.ts';
import { deadLetters } from '../../schemas/topics.ts';
import { ApportionError } from '../errors.ts';
import { type OutputRecord, type TaskId, Undecodable } from '../task.ts';
import type { Extent, KafkaAdmin, KafkaClient } from './client.ts';
import type { PreparedCodec } from './codec.ts';
import { KafkaError } from './errors.ts';
import { partitionOfRoute } from './partitioner.ts';
import { readPartitions } from './read-topic.ts';
import { taskName } from './task-id.ts';

export interface ToldLettersOptions {
  readonly kafka: KafkaClient;
  /** Asked where the dead letters begin and end. */
  readonly admin: KafkaAdmin;
  readonly codec: PreparedCodec;
  /** Prefix of the dead letters' topic. */
  readonly prefix: string;
  readonly logger: Logger;
}

/**
 * What tasks have told as dead letters before. A task may begin before what it has told: the coordinator of its group has
 * lost positions, see `ConfirmedPositions`; an operator has set them back; or they are kept elsewhere than the letters.
 * What the task then writes a second time are the same documents, which replace themselves. Not so its letters: a line
 * that is refused is told once. So the first of them after a task was opened are held against those that stand.
 *
 * A task tells its letters in the order of its input. So it is enough to read the topic from its end backwards, until
 * there is a letter of the task's from before the line at hand; where the group is right that is the first one found.
 * Timestamps have no say in it, since the clock of whoever wrote a letter may have been wrong by any time.
 */
export class ToldLetters {
  readonly #options: ToldLettersOptions;
  /** By task and input: those that stand and that the task comes to again. Absent as long as nobody has looked. */
  readonly #told = new Map<string, Set<string>>();

  constructor(options: ToldLettersOptions) {
    this.#options = options;
  }

  /** The task may begin before what it has told. */
  forget(task: TaskId): void {
    for (const topic of task.topics) this.#told.delete(keyOf(task, topic));
  }

  /**
   * The records without the letters that stand already.
   *
   * @throws as `untold`
   */
  async untoldRecords(
    task: TaskId,
    records: readonly OutputRecord[],
    signal: AbortSignal,
  ): Promise<readonly OutputRecord[]> {
    if (task.topics.every((topic) => this.#told.get(keyOf(task, topic))?.size === 0)) return records;
    if (!records.some(isLetter)) return records;
    const letters = new Map(records.flatMap((record) => this.#letterOf(record)));
    const untold = new Set(await this.untold(task, [...letters.values()], signal));
    return records.filter((record) => {
      const letter = letters.get(record);
      return letter === undefined || untold.has(letter);
    });
  }

  /**
   * The letters that do not stand yet.
   *
   * @throws KafkaError, or the reason of the signal when that is aborted before it is known what stands
   */
  async untold(task: TaskId, letters: readonly DeadLetter[], signal: AbortSignal): Promise<readonly DeadLetter[]> {
    for (const topic of task.topics) {
      const ofTopic = letters.filter((letter) => letter.topic === topic);
      if (ofTopic.length > 0) await this.#look(task, topic, ofTopic, signal);
    }
    return letters.filter((letter) => this.#told.get(keyOf(task, letter.topic))?.has(contentOf(letter)) !== true);
  }

  #letterOf(record: OutputRecord): [OutputRecord, DeadLetter][] {
    if (!isLetter(record)) return [];
    const letter = this.#options.codec.decode(deadLetters, record.value);
    return letter instanceof Undecodable ? [] : [[record, letter]];
  }

  async #look(task: TaskId, topic: string, letters: readonly DeadLetter[], signal: AbortSignal): Promise<void> {
    const key = keyOf(task, topic);
    if (this.#told.has(key)) return;
    const [first, ...others] = letters;
    if (first === undefined) return;
    const line = others.reduce((earliest, letter) => (letter.offset < earliest.offset ? letter : earliest), first);
    const told = await this.#standing(task, line, signal);
    this.#told.set(key, told);
    if (told.size === 0) return;
    this.#options.logger.warn(
      `${taskName(task)}: it was to begin before ${told.size} lines of ${topic} that it has refused and told already; they are not told again.`,
    );
  }

  /** The letters of the task about this line and those after it. */
  async #standing(task: TaskId, line: DeadLetter, signal: AbortSignal): Promise<Set<string>> {
    const { admin } = this.#options;
    // Up to there also where the transaction of somebody else is still open: what lies behind it is waited for.
    const ends = await admin.highWatermarks(this.#topic);
    const partition = partitionOfRoute(line.partition, ends.size);
    const end = ends.get(partition) ?? 0;
    const low = (await admin.extents(this.#topic)).get(partition)?.low ?? end;
    for (let count = FIRST_LOOK; ; count *= FURTHER) {
      const from = Math.max(low, end - count);
      const look = await this.#read(task, line, new Map([[partition, { low: from, end }]]), signal);
      if (look.isEnough || from === low || count >= LAST_LOOK) return look.told;
    }
  }

  async #read(
    task: TaskId,
    line: DeadLetter,
    extents: ReadonlyMap<number, Extent>,
    signal: AbortSignal,
  ): Promise<{ told: Set<string>; isEnough: boolean }> {
    const { kafka, codec } = this.#options;
    const told = new Set<string>();
    let isEnough = false;
    const read = readPartitions(
      kafka,
      this.#topic,
      extents,
      async ({ value }) => {
        await codec.prepare([value]);
        const letter = codec.decode(deadLetters, value);
        if (letter instanceof Undecodable || letter.processor !== task.processor) return;
        if (letter.topic !== line.topic || letter.partition !== line.partition) return;
        if (letter.offset < line.offset) isEnough = true;
        else told.add(contentOf(letter));
      },
      signal,
    );
    await read.catch((error: unknown) => {
      const isSilent = error instanceof ApportionError && error.code === 'topic_silent';
      throw isSilent ? new KafkaError('transient', error.message, { cause: error }) : error;
    });
    return { told, isEnough };
  }

  get #topic(): string {
    return this.#options.prefix + deadLetters.name;
  }
}

const FIRST_LOOK = 2_000;
const FURTHER = 8;
/** No further: some 100 MB are kept of so many. */
const LAST_LOOK = FIRST_LOOK * FURTHER ** 3;

function isLetter({ topic }: OutputRecord): boolean {
  return topic.name === deadLetters.name;
}

function keyOf(task: TaskId, topic: string): string {
  return `${taskName(task)} ${topic}`;
}

/**
 * What makes two letters one: they are about the same line. Its place alone does not say so, since a topic that was made
 * anew counts its records from 0 again.
 */
function contentOf({ offset, timestamp, key, value }: DeadLetter): string {
  const hash = createHash('sha256').update(`${offset} ${timestamp} ${key?.length} ${value?.length} `);
  if (key !== null) hash.update(key);
  if (value !== null) hash.update(value);
  return hash.digest('base64');
}
