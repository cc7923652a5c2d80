import { catalogChanges } from '../../attribution/catalog-changes.ts';
import { type CompiledCatalog, compileCatalog } from '../../attribution/compile-catalog.ts';
import { parseCatalogDocument } from '../../attribution/parse-catalog.ts';
import { type DayRange, includes } from '../../attribution/period.ts';
import type { Codec, InputRecord } from '../../runtime/task.ts';
import { UNALLOCATED } from '../../schemas/attribution-document.ts';
import type { Catalog } from '../../schemas/catalog.ts';
import type { Promotion } from '../../schemas/catalog-record.ts';
import { addDays } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';
import { catalogs } from '../../schemas/topics.ts';
import { decode, Refused } from './read-input.ts';

/** A catalog from the offset at which it came into force. */
export interface CatalogVersion {
  readonly offset: number;
  readonly catalog: Catalog;
  readonly compiled: CompiledCatalog;
  /** The days on which it differs from its predecessor. */
  readonly touches: readonly DayRange[];
  /** The days for which a replay was promoted with it. */
  readonly promoted: readonly DayRange[];
  /** All replays that were ever promoted. */
  readonly promotions: readonly Promotion[];
}

/** The catalogs of the topic, from the one that readers' documents were made with on to the one in force. */
export class CatalogVersions {
  /** Never empty once a catalog has come; in order of offset. */
  #versions: CatalogVersion[] = [];

  /** The catalog in force; null before there is any. */
  get current(): CatalogVersion | null {
    return this.#versions.at(-1) ?? null;
  }

  /** Brings the catalog of a record into force. */
  fold(codec: Codec, record: InputRecord): CatalogVersion | Refused {
    const read = readCatalog(codec, record);
    if (read instanceof Refused) return read;
    const { catalog, promotions } = read;
    const before = this.current;
    const promoted = promotions.map(({ from, to }) => ({ from, to: addDays(to, 1) }));
    const touches = before === null ? [ALWAYS] : [...catalogChanges(before.catalog, catalog).touches, ...promoted];
    const version = {
      offset: record.offset,
      catalog,
      compiled: compileCatalog(catalog),
      touches,
      promoted,
      promotions: [...(before?.promotions ?? []), ...promotions],
    };
    this.#versions.push(version);
    return version;
  }

  /** The versions that came into force at or after `position`. */
  since(position: number): CatalogVersion[] {
    return this.#versions.filter((version) => version.offset >= position);
  }

  /** Forgets what was out of force before `position`. */
  forgetBefore(position: number): void {
    const inForce = this.#versions.findLastIndex((version) => version.offset < position);
    if (inForce > 0) this.#versions = this.#versions.slice(inForce);
  }

  /** Every tenant that a document for the day can have been made for with one of the versions kept. */
  tenantsOn(day: Day): Set<string> {
    return new Set([UNALLOCATED, ...this.#versions.flatMap(({ compiled }) => compiled.tenantsOn(day))]);
  }

  /** The currencies of the versions kept. */
  currencies(): Set<string> {
    return new Set(this.#versions.map(({ catalog }) => catalog.currency));
  }
}

/** Whether a version changes what its predecessor says of the day. */
export function touches(version: CatalogVersion, day: Day): boolean {
  return version.touches.some((range) => includes(range, day));
}

/** Whether a replay of the day was promoted with the version. */
export function promotes(version: CatalogVersion, day: Day): boolean {
  return version.promoted.some((range) => includes(range, day));
}

const ALWAYS: DayRange = { from: null, to: null };

function readCatalog(codec: Codec, record: InputRecord): AppliedCatalog | Refused {
  const value = decode(codec, catalogs, record);
  if (value instanceof Refused) return value;
  const parsed = parseCatalogDocument(value.document);
  if (parsed.ok) return { catalog: parsed.catalog, promotions: value.promotions };
  const faults = parsed.faults.map(({ path, message }) => `${path === '' ? 'the catalog' : path} ${message}`);
  return new Refused('invalid', `${faults.slice(0, MAX_FAULTS_TOLD).join('; ')}.`);
}

interface AppliedCatalog {
  readonly catalog: Catalog;
  readonly promotions: readonly Promotion[];
}

const MAX_FAULTS_TOLD = 10;
