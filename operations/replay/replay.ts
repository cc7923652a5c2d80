import { catalogDigest } from '../../attribution/parse-catalog.ts';
import { ApportionError } from '../../runtime/errors.ts';
import type { KafkaAdmin, KafkaClient } from '../../runtime/kafka/client.ts';
import type { PreparedCodec } from '../../runtime/kafka/codec.ts';
import type { Publisher } from '../../runtime/publisher.ts';
import type { Settings } from '../../runtime/settings.ts';
import type { AttributionDocument } from '../../schemas/attribution-document.ts';
import type { Catalog } from '../../schemas/catalog.ts';
import { type DayRange, formatDay } from '../../schemas/day.ts';
import type { Instant } from '../../schemas/scalars.ts';
import { calls, catalogs, costReports, usage, usageTotals } from '../../schemas/topics.ts';
import { publishCatalog } from '../apply-catalog.ts';
import { readCatalogInForce, requireCatalog } from '../catalog-in-force.ts';
import { catalogStage, groupPositions, type Pipeline } from '../pipeline-stages.ts';
import { readStandingResults } from '../read-standing.ts';
import { checkRetained } from '../retained-log.ts';
import { type SettleOptions, type Stage, settle } from '../settle.ts';
import { type DocumentDifference, documentDifferences } from './differences.ts';
import { type Promoted, promote } from './promote.ts';
import { deleteShadow, openShadow, type Shadow, shadowOf } from './shadow.ts';

export interface ReplayOptions {
  readonly days: DayRange;
  /** A candidate; null: the catalog in force. */
  readonly catalog: Catalog | null;
  /** Puts the result in the place of what stands. */
  readonly promote: boolean;
  /** Leaves the shadow on the broker: for a look at it, or to go on later with what has come meanwhile. */
  readonly keep: boolean;
  /** Called with the shadow when it is there, and with null when it is deleted; in between, a replay that fails can go on. */
  onShadow(shadow: Shadow | null): void;
  readonly settle: SettleOptions;
  readonly now: Instant;
}

/** What a replay works with. */
export interface ReplayHost extends Pick<Pipeline, 'catalogPosition'> {
  readonly kafka: KafkaClient;
  readonly admin: KafkaAdmin;
  readonly codec: PreparedCodec;
  readonly publisher: Publisher;
  /** Writes to the topics of another prefix. */
  publisherOf(prefix: string): Publisher;
  readonly settings: Settings;
  /** Meters the days from the live topics into the shadow, until the signal is aborted. */
  meter(shadow: Shadow, days: DayRange, signal: AbortSignal): Promise<void>;
  /** Attributes the days from the live reports and the shadow's totals, with the live catalog or the shadow's. */
  attribute(shadow: Shadow, days: DayRange, ownCatalog: boolean, signal: AbortSignal): Promise<void>;
}

export interface Replayed {
  readonly shadow: Shadow;
  readonly documents: number;
  readonly differences: readonly DocumentDifference[];
  /** Null unless it was asked for. */
  readonly promoted: Promoted | null;
}

/**
 * Computes days anew from the retained topics, late lines included, into topics of its own, and tells in which documents
 * the result differs from what stands. It runs the same processors as always, in groups of its own: one that was
 * cut off goes on where it was when it is asked for the same again. Nothing but a promotion touches a live topic.
 *
 * @throws ApportionError `beyond_log` when lines of the days are no longer in their topic, `nothing_to_replay` when the days have
 *   no cost and no usage, `no_catalog` when none is given
 *   and none is in force, `catalog_changed` (see `promote`)
 */
export async function replay(host: ReplayHost, options: ReplayOptions): Promise<Replayed> {
  const { admin, kafka, codec, settings } = host;
  const { days } = options;
  const prefix = settings.topicPrefix;
  const digest = options.catalog === null ? null : catalogDigest(options.catalog);
  const shadow = shadowOf(prefix, days, digest);
  const inForce = (await readCatalogInForce(kafka, prefix, codec))?.catalog ?? null;
  requireCatalog(options.catalog ?? inForce);
  await checkRetained(admin, prefix, days);
  await openShadow(admin, shadow, settings);
  options.onShadow(shadow);
  const forget = async (): Promise<void> => {
    await deleteShadow(admin, shadow);
    options.onShadow(null);
  };
  if (options.catalog !== null) await applyToShadow(host, shadow, options.catalog, options.now);

  const meterStage = stageOf(host, shadow, 'meter', [prefix + calls.name, prefix + usage.name]);
  await running(
    (signal) => host.meter(shadow, days, signal),
    () => settle(admin, [meterStage], options.settle),
  );
  const inputs = [prefix + costReports.name, shadow.prefix + usageTotals.name];
  const attributeStage = stageOf(host, shadow, 'attribute', inputs);
  const ofCatalog = catalogStage(admin, {
    groupId: `${shadow.prefix}attribute`,
    inputTopic: prefix + costReports.name,
    catalogTopic: (options.catalog === null ? prefix : shadow.prefix) + catalogs.name,
    catalogPosition: host.catalogPosition,
  });
  await running(
    (signal) => host.attribute(shadow, days, options.catalog !== null, signal),
    () => settle(admin, [attributeStage, ofCatalog], options.settle),
  );

  const live = await readStandingResults({ kafka, prefix, codec, range: days });
  const replayed = await readStandingResults({ kafka, prefix: shadow.prefix, codec, range: days });
  if (live.documents.size + replayed.documents.size === 0) {
    await forget();
    throw nothingThere(days);
  }
  const differences = documentDifferences(live.documents.values(), replayed.documents.values());
  const { publisher } = host;
  const promoting = { kafka, admin, codec, prefix, publisher, shadow, days, inForce, now: options.now };
  const promoted = options.promote ? await promote({ ...promoting, candidate: options.catalog }) : null;
  if (!options.keep) await forget();
  const documents = countWithLines(replayed.documents);
  return { shadow, documents, differences, promoted };
}

function nothingThere({ from, to }: DayRange): ApportionError {
  return new ApportionError(
    'nothing_to_replay',
    `There is no cost and no usage from ${formatDay(from)} to ${formatDay(to)}, and no document stands there.`,
    'Give other days with --from and --to.',
  );
}

function countWithLines(documents: ReadonlyMap<string, AttributionDocument>): number {
  return [...documents.values()].filter(({ lines }) => lines.length > 0).length;
}

/** Once: a replay that goes on finds it there. */
async function applyToShadow(host: ReplayHost, shadow: Shadow, catalog: Catalog, now: Instant): Promise<void> {
  if ((await readCatalogInForce(host.kafka, shadow.prefix, host.codec)) !== null) return;
  const publisher = host.publisherOf(shadow.prefix);
  await publishCatalog(publisher, catalog, now);
  await publisher.close();
}

function stageOf({ admin }: ReplayHost, shadow: Shadow, role: string, topics: readonly string[]): Stage {
  return { role, topics, positions: (topic) => groupPositions(admin, shadow.prefix + role, topic) };
}

/** Runs the processor until what is waited for has come; what fails first is thrown. */
async function running(processor: (signal: AbortSignal) => Promise<void>, until: () => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const running = processor(stop.signal);
  try {
    await Promise.race([until(), running.then(() => Promise.reject(new Error('the processor ended by itself')))]);
  } finally {
    stop.abort();
    await running;
  }
}
