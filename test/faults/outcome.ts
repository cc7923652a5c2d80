/** What a run came to, in a form in which it can be compared with what it should have come to. */
import type { World } from '../../commands/world.ts';
import { readDocuments } from '../../operations/read-documents.ts';
import { readStatements, statedDays } from '../../operations/read-statements.ts';
import { addDays, type DayRange } from '../../schemas/day.ts';
import { attributions, deadLetters, statements, type Topic } from '../../schemas/topics.ts';
import { isOlder, type Stamped } from '../simulation/is-older.ts';
import { type Ledger, ledgerOf } from '../simulation/ledger.ts';
import { comparable } from './comparable.ts';
import { type Letter, letterOf } from './letter.ts';
import { presentValue, readValues } from './read-values.ts';

export interface Outcome {
  /** Documents and statements as Postgres has them. */
  readonly postgres: Ledger;
  /** The same as a subscriber of the topics holds them. */
  readonly subscriber: Ledger;
  /** As they stand in the topic: one that stands twice comes twice. */
  readonly letters: readonly Letter[];
}

export async function readOutcome(world: World, range: DayRange): Promise<Outcome> {
  const subscriber = ledgerOf(await held(world, attributions), await held(world, statements));
  return {
    postgres: comparable(await inPostgres(world, range)),
    subscriber: comparable(subscriber),
    letters: await readLetters(world),
  };
}

async function inPostgres({ pool }: World, range: DayRange): Promise<Ledger> {
  // A day more on both sides: none must have come of anything there.
  const days = await statedDays(pool, { from: addDays(range.from, -1), to: addDays(range.to, 1) });
  const documents = [];
  const stated = [];
  for (const day of days) {
    documents.push(...(await readDocuments(pool, day)));
    stated.push(...(await readStatements(pool, day)));
  }
  return ledgerOf(documents, stated);
}

/** Takes a record when its (calcVersion, revision) is not below that of what it holds under the key. */
async function held<T extends Stamped>(world: World, topic: Topic<T>): Promise<T[]> {
  const newest = new Map<string, T>();
  await readValues(world, topic, (decoded) => {
    const value = presentValue(topic, decoded);
    const before = newest.get(topic.key(value));
    if (before === undefined || !isOlder(value, before)) newest.set(topic.key(value), value);
  });
  return [...newest.values()];
}

async function readLetters(world: World): Promise<readonly Letter[]> {
  const letters: Letter[] = [];
  await readValues(world, deadLetters, (value, { partition, offset, timestampMs }) => {
    const letter = presentValue(deadLetters, value);
    const place = `${partition}/${offset} of ${new Date(timestampMs).toISOString()}`;
    letters.push({ ...letterOf(letter.processor, letter.reason, letter), place });
  });
  return letters;
}
