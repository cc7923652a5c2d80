import type { Stamp } from '../../attribution/build-documents.ts';
import { emptyDocument } from '../../attribution/empty-document.ts';
import { emptyStatement } from '../../attribution/empty-statement.ts';
import { replacesTotal } from '../../attribution/newest-version.ts';
import { catalogDigest } from '../../attribution/parse-catalog.ts';
import { ApportionError } from '../../runtime/errors.ts';
import type { KafkaAdmin, KafkaClient } from '../../runtime/kafka/client.ts';
import type { PreparedCodec } from '../../runtime/kafka/codec.ts';
import type { Publisher } from '../../runtime/publisher.ts';
import type { AttributionDocument } from '../../schemas/attribution-document.ts';
import type { Catalog } from '../../schemas/catalog.ts';
import type { DayRange } from '../../schemas/day.ts';
import type { Instant } from '../../schemas/scalars.ts';
import type { Statement } from '../../schemas/statement.ts';
import { attributions, calls, statements, usage, usageTotals } from '../../schemas/topics.ts';
import type { UsageTotal } from '../../schemas/usage-total.ts';
import { publishCatalog } from '../apply-catalog.ts';
import { readCatalogInForce, requireCatalog } from '../catalog-in-force.ts';
import { type DaysOfTopics, readOvertakenTotals, readStandingResults, readStandingTotals } from '../read-standing.ts';
import type { Shadow } from './shadow.ts';

export interface Promoting {
  readonly kafka: KafkaClient;
  readonly admin: KafkaAdmin;
  readonly codec: PreparedCodec;
  readonly prefix: string;
  readonly publisher: Publisher;
  readonly shadow: Shadow;
  readonly days: DayRange;
  /** What the shadow was computed with, where it was not the catalog in force. */
  readonly candidate: Catalog | null;
  /** The catalog in force when the replay began. */
  readonly inForce: Catalog | null;
  readonly now: Instant;
}

/** What was published. */
export interface Promoted {
  readonly calcVersion: number;
  readonly totals: number;
  readonly documents: number;
}

/**
 * Puts what a replay has computed in the place of what stands. In this order, so that whatever is cut off can be done
 * again, and ends in the same:
 *
 * 1. usage totals, late lines included, so that whoever computes the days from now on computes the same;
 * 2. documents and statements with a version above all before, so that every reader takes them, and none takes what a
 *    straggling writer still writes with the version before;
 * 3. the catalog with the promotion: the live processor computes the days once more, and goes on with their version.
 *
 * @throws ApportionError `catalog_changed` when a candidate would undo what was applied meanwhile
 */
export async function promote(promoting: Promoting): Promise<Promoted> {
  const { kafka, codec, prefix, publisher, shadow, days, candidate, now } = promoting;
  const live = { kafka, prefix, codec, range: days };
  const replayed = { ...live, prefix: shadow.prefix };
  await checkUnchanged(promoting);
  const totals = replacingTotals(
    await readStandingTotals(live),
    await readStandingTotals(replayed),
    await readPositions(promoting),
  );
  await publisher.publish(usageTotals, totals);
  await keepNewestLast(live, publisher);

  const standing = await readStandingResults(live);
  const results = await readStandingResults(replayed);
  const versions = [...standing.documents.values(), ...standing.statements.values()].map(
    ({ calcVersion }) => calcVersion,
  );
  // Of two with this version, whatever the live processor computes stands: its revisions lie above 0.
  const stamp = { calcVersion: Math.max(0, ...versions) + 1, revision: 0 };
  const documents = replacingDocuments(standing.documents, results.documents, stamp);
  await publisher.publish(attributions, documents);
  await publisher.publish(statements, replacingStatements(standing.statements, results.statements, stamp));

  // Whatever was applied meanwhile stays in force: the live processor computes the days with it.
  const catalog = candidate ?? requireCatalog(await readCatalogInForce(kafka, prefix, codec)).catalog;
  await publishCatalog(publisher, catalog, now, [{ ...days, calcVersion: stamp.calcVersion }]);
  return { calcVersion: stamp.calcVersion, totals: totals.length, documents: documents.length };
}

async function checkUnchanged({ kafka, codec, prefix, candidate, inForce }: Promoting): Promise<void> {
  if (candidate === null) return;
  const now = await readCatalogInForce(kafka, prefix, codec);
  if (now === null || digestOf(now.catalog) === digestOf(inForce)) return;
  throw new ApportionError(
    'catalog_changed',
    'Another catalog was applied while the days were computed; promoting the one of --catalog would undo it. Nothing was promoted.',
    'Bring what was applied into the file; the same command promotes it as it is, and goes on where this one was.',
  );
}

function digestOf(catalog: Catalog | null): string | null {
  return catalog === null ? null : catalogDigest(catalog);
}

/** How far the replay has read each partition of calls and usage, by `topic/partition`. */
async function readPositions({ admin, prefix, shadow }: Promoting): Promise<ReadonlyMap<string, number>> {
  const names = [calls, usage].map(({ name }) => name);
  const topics = names.map((name) => prefix + name);
  const committed = await admin.committed(`${shadow.prefix}meter`, topics);
  return new Map(
    [...committed].flatMap(([topic, partitions]) =>
      [...partitions].map(([partition, { offset }]) => [`${topic.slice(prefix.length)}/${partition}`, offset] as const),
    ),
  );
}

/**
 * Of days that are still open, the meter may have written a newer total of a key just before the replay's came behind it.
 * Readers go by `through`, but compaction keeps the last: so the newer one is published again. What the meter writes
 * all the time would never come to rest, and comes last by itself.
 */
async function keepNewestLast(live: DaysOfTopics, publisher: Publisher): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const overtaken = await readOvertakenTotals(live);
    if (overtaken.length === 0) return;
    await publisher.publish(usageTotals, overtaken);
  }
}

const MAX_ATTEMPTS = 5;

/**
 * All totals of the replay but those of which there is a newer one; and nothing in the place of those that the replay does not have, of refused lines say,
 * unless they are of lines that it has not read.
 */
function replacingTotals(
  live: ReadonlyMap<string, UsageTotal>,
  replayed: ReadonlyMap<string, UsageTotal>,
  positions: ReadonlyMap<string, number>,
): readonly UsageTotal[] {
  const gone = [...live.entries()].flatMap(([key, total]) => {
    const isRead = total.through < (positions.get(`${total.topic}/${total.partition}`) ?? 0);
    return isRead && !replayed.has(key) ? [total] : [];
  });
  const nothing = { quantity: 0n, duplicates: 0, conflicting: 0, late: 0 };
  const isNewest = ([key, total]: [string, UsageTotal]): boolean => replacesTotal(total, live.get(key) ?? total);
  return [
    ...[...replayed].filter(isNewest).map(([, total]) => total),
    ...gone.map((total) => ({ ...total, ...nothing, callCount: total.callCount === null ? null : 0 })),
  ];
}

function replacingDocuments(
  live: ReadonlyMap<string, AttributionDocument>,
  replayed: ReadonlyMap<string, AttributionDocument>,
  stamp: Stamp,
): readonly AttributionDocument[] {
  const gone = [...live].filter(([key]) => !replayed.has(key)).map(([, document]) => document);
  return [
    ...[...replayed.values()].map((document) => ({ ...document, ...stamp })),
    ...gone.map(({ tenant, day, currency, status }) => emptyDocument(tenant, { day, currency, status, stamp })),
  ];
}

function replacingStatements(
  live: ReadonlyMap<string, Statement>,
  replayed: ReadonlyMap<string, Statement>,
  stamp: Stamp,
): readonly Statement[] {
  const gone = [...live].filter(([key]) => !replayed.has(key)).map(([, statement]) => statement);
  return [
    ...[...replayed.values()].map((statement) => ({ ...statement, ...stamp })),
    ...gone.map(({ day, currency }) => emptyStatement(day, currency, stamp)),
  ];
}
