import { canonicalJson, sha256 } from '../../attribution/canonical-json.ts';
import { applyToKafka } from '../../runtime/kafka/apply-topics.ts';
import type { KafkaAdmin } from '../../runtime/kafka/client.ts';
import type { Settings } from '../../runtime/settings.ts';
import { type DayRange, formatDay } from '../../schemas/day.ts';
import { attributions, catalogs, deadLetters, statements, type Topic, usageTotals } from '../../schemas/topics.ts';

/** Where a replay writes: topics and groups of its own, beside the live ones. */
export interface Shadow {
  /** Equal for equal days and catalogs, so that a replay that was cut off goes on where it was. */
  readonly id: string;
  /** Of its topics, groups and transactional ids. */
  readonly prefix: string;
}

/** @param catalogDigest of the candidate; null for the one in force */
export function shadowOf(livePrefix: string, days: DayRange, catalogDigest: string | null): Shadow {
  const what = canonicalJson({ from: formatDay(days.from), to: formatDay(days.to), catalogDigest });
  const id = sha256(what).slice(0, ID_DIGITS);
  return { id, prefix: `${livePrefix}replay-${id}.` };
}

const ID_DIGITS = 10;

const shadowTopics: readonly Topic<never>[] = [usageTotals, catalogs, attributions, statements, deadLetters];

/**
 * Makes the topics of a shadow where they are not there yet. Where one is missing, nothing of an earlier replay counts: its
 * groups would go on behind what was lost.
 */
export async function openShadow(admin: KafkaAdmin, shadow: Shadow, settings: Settings): Promise<void> {
  const existing = await admin.topics();
  if (!shadowTopics.every(({ name }) => existing.has(shadow.prefix + name))) await deleteShadow(admin, shadow);
  await applyToKafka(admin, { ...settings, topicPrefix: shadow.prefix }, shadowTopics, false);
}

/**
 * Deletes all that a shadow has left on the broker: positions before what was computed up to them, so that whatever cuts
 * this off, the next replay computes all of it again.
 */
export async function deleteShadow(admin: KafkaAdmin, shadow: Shadow): Promise<void> {
  const isOwn = (name: string): boolean => name.startsWith(shadow.prefix);
  await admin.deleteGroups((await admin.groups()).filter(isOwn));
  await admin.deleteTopics([...(await admin.topics()).keys()].filter(isOwn));
}
