import { canonicalJson } from '../../attribution/canonical-json.ts';
import { computeOnce } from '../../attribution/compute-once.ts';
import type { KafkaAdmin, KafkaClient } from '../../runtime/kafka/client.ts';
import type { PreparedCodec } from '../../runtime/kafka/codec.ts';
import type { Promotion } from '../../schemas/catalog-record.ts';
import { addDays, type DayRange } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';
import { calls, usage, usageTotals } from '../../schemas/topics.ts';
import type { UsageTotal } from '../../schemas/usage-total.ts';
import { readPrepared } from '../read-prepared.ts';
import { checkRetained } from '../retained-log.ts';
import { type Check, Checking } from './check.ts';
import { differenceText } from './difference-text.ts';
import { checkLetters, dayOfLine, METER, type Refusal } from './letters.ts';
import { PlainMeter } from './plain-meter.ts';
import type { TopicDays } from './topic-days.ts';

/** What counting anew needs: the whole log of calls and usage, and the settings that the meter ran with. */
export interface CountingAnew {
  readonly kafka: KafkaClient;
  readonly admin: KafkaAdmin;
  readonly prefix: string;
  readonly codec: PreparedCodec;
  readonly openDays: number;
  readonly maxCallHours: number;
  /** Called for each line read. */
  readonly onRecord: () => void;
}

/**
 * Every standing total, counted anew from the calls and usage of the log, field by field, those of refused lines
 * included; and none besides; and the dead letters of what is refused. Days of a promoted replay are counted as the
 * replay did, each total up to the offset that it says it includes: how far a replay had read is not known, so that what
 * it has left out altogether is not found.
 *
 * @throws ApportionError `beyond_log` when the log does not reach back to the days
 */
export async function checkCountedAnew(
  counting: CountingAnew,
  range: DayRange,
  topics: TopicDays,
): Promise<readonly Check[]> {
  await checkRetained(counting.admin, counting.prefix, range);
  const checking = new Checking('usage totals = calls and usage of the log, counted anew');
  const standing = new Map([...topics.totals.values()].flat().map((total) => [usageTotals.key(total), total]));
  const promotions = lastPromotions(topics.inForce?.promotions ?? [], range);
  const { counted, refusals, lines } = await countAnew(counting, range, promotions, standing);

  for (const key of new Set([...standing.keys(), ...counted.keys()])) {
    const total = standing.get(key);
    const anew = counted.get(key);
    // What a replay did not count has been replaced by nothing; what came after it stands for itself.
    if (total !== undefined && isPromoted(promotions, total.day) && anew === undefined) continue;
    checking.expect(textOf(total) === textOf(anew), () => {
      if (total === undefined) return `${key}: in the log only, counted ${textOf(anew)}.`;
      if (anew === undefined) return `${key}: nothing in the log gives it; it stands with ${textOf(total)}.`;
      return `${key}: ${differenceText(textOf(total), textOf(anew), 'standing', 'counted')}.`;
    });
  }
  return [
    checking.done(`${lines.toLocaleString('en-US')} lines of the log`),
    await checkLetters(counting, range, lines, refusals),
  ];
}

interface CountedAnew {
  /** Totals by key. */
  readonly counted: ReadonlyMap<string, UsageTotal>;
  /** What the live meter refuses. */
  readonly refusals: readonly Refusal[];
  readonly lines: number;
}

async function countAnew(
  { kafka, prefix, codec, openDays, maxCallHours, onRecord }: CountingAnew,
  range: DayRange,
  promotions: readonly Promotion[],
  standing: ReadonlyMap<string, UsageTotal>,
): Promise<CountedAnew> {
  const through = (key: string): number => standing.get(key)?.through ?? -1;
  const marginDays = openDays + Math.ceil(maxCallHours / 24);
  const replays = promotions.map((days) => ({ days, openDays: Number.POSITIVE_INFINITY, marginDays, through }));
  const newMeters = (): readonly PlainMeter[] =>
    [{ days: range, openDays }, ...replays].map((options) => new PlainMeter(codec, { maxCallHours, ...options }));
  const counted = new Map<string, UsageTotal>();
  const refusals: Refusal[] = [];
  let lines = 0;
  const count = async ({ name }: { readonly name: string }): Promise<void> => {
    const partitions = new Map<number, readonly PlainMeter[]>();
    await readPrepared(kafka, prefix + name, codec, (record) => {
      onRecord();
      lines += 1;
      const { partition, offset, timestampMs: timestamp } = record;
      const [reason] = computeOnce(partitions, partition, newMeters).map((meter) =>
        meter.take({ ...record, topic: name }),
      );
      if (typeof reason !== 'string') return;
      const day = dayOfLine(codec, name, record.value, timestamp);
      refusals.push({ processor: METER, topic: name, partition, offset, timestamp, reason, day });
    });
    for (const [which, meter] of [...partitions.values()].flatMap((meters) => [...meters.entries()])) {
      for (const [key, total] of meter.totals) {
        const says = promotions.findLastIndex((promotion) => isPromoted([promotion], total.day)) + 1;
        if (which === says && total.day >= range.from && total.day <= range.to) counted.set(key, total);
      }
    }
  };
  await Promise.all([calls, usage].map(count));
  return { counted, refusals, lines };
}

/** Those that have the say on a day: the last one that was promoted for it. */
function lastPromotions(promotions: readonly Promotion[], { from, to }: DayRange): readonly Promotion[] {
  const last = new Set<number>();
  for (let day = from; day <= to; day = addDays(day, 1)) {
    last.add(promotions.findLastIndex((promotion) => isPromoted([promotion], day)));
  }
  return promotions.filter((_, index) => last.has(index));
}

function isPromoted(promotions: readonly Promotion[], day: Day): boolean {
  return promotions.some(({ from, to }) => day >= from && day <= to);
}

function textOf(total: UsageTotal | undefined): string {
  return total === undefined ? '' : canonicalJson(total);
}
