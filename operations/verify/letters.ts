import type { KafkaClient } from '../../runtime/kafka/client.ts';
import type { PreparedCodec } from '../../runtime/kafka/codec.ts';
import { type Codec, Undecodable } from '../../runtime/task.ts';
import { DAY_MS, type DayRange, dayOf } from '../../schemas/day.ts';
import type { DeadLetter } from '../../schemas/dead-letter.ts';
import type { Day, Instant } from '../../schemas/scalars.ts';
import { calls, deadLetters, usage } from '../../schemas/topics.ts';
import { readDeadLetters } from '../dead-letters.ts';
import { type Check, Checking } from './check.ts';

/** What a dead letter says, and the day of the record instead of the record itself. */
export interface Refusal
  extends Pick<DeadLetter, 'processor' | 'topic' | 'partition' | 'offset' | 'timestamp' | 'reason'> {
  readonly day: Day;
}

export interface LetterSource {
  readonly kafka: KafkaClient;
  readonly prefix: string;
  readonly codec: PreparedCodec;
  /** Called for each letter read. */
  readonly onRecord: () => void;
}

/**
 * Each line of these days that the meter refuses has a dead letter, for that reason, and no other line has one of the
 * meter; nothing is told twice, by whatever processor. Lines that came before the time that letters are kept for are
 * passed over.
 *
 * @param lines how many lines the log has
 * @param refusals those of them that the meter refuses
 * @param source its codec knows the schemas of the log
 */
export async function checkLetters(
  source: LetterSource,
  range: DayRange,
  lines: number,
  refusals: readonly Refusal[],
): Promise<Check> {
  const checking = new Checking('dead letters = lines of the log that are refused, each told once');
  const isAudited = auditing(range);
  const told = Map.groupBy((await readLetters(source)).filter(isAudited), placeOf);
  const refused = new Map(refusals.filter(isAudited).map((refusal) => [placeOf(refusal), refusal]));
  for (const place of new Set([...refused.keys(), ...told.keys()])) {
    const fault = faultOf(refused.get(place), told.get(place) ?? []);
    checking.expect(fault === null, () => `${place}: ${fault}`);
  }
  checking.hold(lines - refused.size);
  return checking.done(`${told.size.toLocaleString('en-US')} letters`);
}

function faultOf(refusal: Refusal | undefined, told: readonly Refusal[]): string | null {
  const [letter] = told;
  if (told.length > 1) return `told ${told.length} times.`;
  if ((letter ?? refusal)?.processor !== METER || letter?.reason === refusal?.reason) return null;
  if (letter === undefined) return `refused as ${refusal?.reason}, and no letter tells it.`;
  if (refusal === undefined) return `told as ${letter.reason}, and nothing in the log gives it.`;
  return `refused as ${refusal.reason}, and told as ${letter.reason}.`;
}

/** The processor whose refusals follow from the log alone. */
export const METER = 'meter';

function auditing({ from, to }: DayRange): (refusal: Refusal) => boolean {
  const { cleanup } = deadLetters;
  const isForgotten = cleanup.policy === 'delete' && cleanup.retentionDays !== 'unlimited';
  const keptSince: Instant = isForgotten ? Date.now() - cleanup.retentionDays * DAY_MS : 0;
  return ({ day, timestamp }) => day >= from && day <= to && timestamp >= keptSince;
}

/** The day on which a line of the log begins, or on which it came when it cannot be read. */
export function dayOfLine(codec: Codec, topic: string, value: Buffer | null, timestamp: Instant): Day {
  if (value !== null && topic === calls.name) {
    const call = codec.decode(calls, value);
    if (!(call instanceof Undecodable)) return dayOf(call.startedAt);
  }
  if (value !== null && topic === usage.name) {
    const sample = codec.decode(usage, value);
    if (!(sample instanceof Undecodable)) return dayOf(sample.windowStart);
  }
  return dayOf(timestamp);
}

async function readLetters({ kafka, prefix, codec, onRecord }: LetterSource): Promise<readonly Refusal[]> {
  const letters: Refusal[] = [];
  await readDeadLetters(kafka, prefix, codec, (letter) => {
    onRecord();
    const { processor, topic, partition, offset, timestamp, reason } = letter;
    const day = dayOfLine(codec, topic, letter.value, timestamp);
    letters.push({ processor, topic, partition, offset, timestamp, reason, day });
  });
  return letters;
}

function placeOf({ processor, topic, partition, offset }: Refusal): string {
  return `${topic}/${partition}/${offset} by ${processor}`;
}
