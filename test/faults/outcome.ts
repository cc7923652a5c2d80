/** What a run came to, in a form in which two runs can be compared. */
import { createHash } from 'node:crypto';
import type { World } from '../../commands/world.ts';
import { readDays, readDocuments } from '../../operations/read-documents.ts';
import { readStatements } from '../../operations/read-statements.ts';
import { readTopic } from '../../runtime/kafka/read-topic.ts';
import { Undecodable } from '../../runtime/task.ts';
import { addDays } from '../../schemas/day.ts';
import { attributions, deadLetters, statements, type Topic } from '../../schemas/topics.ts';
import { type Ledger, ledgerOf } from '../simulation/ledger.ts';
import type { FaultInput } from './input.ts';

export interface Outcome {
  /** Documents and statements as Postgres has them. */
  readonly postgres: Ledger;
  /** The same as a subscriber of the topics holds them. */
  readonly subscriber: Ledger;
  /** Dead letters by who wrote them, which record they are of, and a digest of all that they say. */
  readonly letters: readonly Letter[];
}

export interface Letter {
  readonly processor: string;
  readonly origin: string;
  /** SHA-256 of reason, key and original bytes. */
  readonly digest: string;
}

export async function readOutcome(world: World, input: FaultInput): Promise<Outcome> {
  const documents = await held(world, attributions);
  const subscriber = ledgerOf(documents, await held(world, statements));
  return { postgres: await inPostgres(world, input), subscriber, letters: await readLetters(world) };
}

async function inPostgres({ pool }: World, { range }: FaultInput): Promise<Ledger> {
  // A day more on both sides: none must have come of anything there.
  const days = await readDays(pool, addDays(range.from, -1), addDays(range.to, 1));
  const documents = [];
  const stated = [];
  for (const day of days) {
    documents.push(...(await readDocuments(pool, day)));
    stated.push(...(await readStatements(pool, day)));
  }
  return ledgerOf(documents, stated);
}

interface Stamped {
  readonly calcVersion: number;
  readonly revision: number;
}

/** Takes a record when its (calcVersion, revision) is not below that of what it holds under the key. */
async function held<T extends Stamped>(world: World, topic: Topic<T>): Promise<T[]> {
  const newest = new Map<string, T>();
  for (const value of await valuesOf(world, topic)) {
    const before = newest.get(topic.key(value));
    if (before === undefined || !isOlder(value, before)) newest.set(topic.key(value), value);
  }
  return [...newest.values()];
}

function isOlder(one: Stamped, other: Stamped): boolean {
  return one.calcVersion === other.calcVersion ? one.revision < other.revision : one.calcVersion < other.calcVersion;
}

/** As they stand in the topic: one that stands twice comes twice. */
async function readLetters(world: World): Promise<readonly Letter[]> {
  const letters = await valuesOf(world, deadLetters);
  return letters.map(({ processor, topic, partition, offset, reason, key, value }) => ({
    processor,
    origin: `${topic}/${partition}/${offset}`,
    digest: createHash('sha256')
      .update(JSON.stringify([reason, key?.toString('base64'), value?.toString('base64')]))
      .digest('hex'),
  }));
}

async function valuesOf<T>(world: World, topic: Topic<T>): Promise<T[]> {
  const codec = await world.codec();
  const encoded: Buffer[] = [];
  await readTopic(world.kafka, world.settings.topicPrefix + topic.name, ({ value }) => {
    if (value !== null) encoded.push(value);
  });
  await codec.prepare(encoded);
  return encoded.map((value) => {
    const decoded = codec.decode(topic, value);
    if (decoded instanceof Undecodable)
      throw new Error(`${topic.name} holds what is no record of it: ${decoded.detail}`);
    return decoded;
  });
}
