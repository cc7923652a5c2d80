import { canonicalJson } from '../../attribution/canonical-json.ts';
import type { CostLine } from '../../schemas/cost-report.ts';
import { readTags, type Tags } from './read-tags.ts';

/** A cost line without its amounts: one object for all rows that say the same. */
export interface Descriptor extends Omit<CostLine, 'billed' | 'effective'> {
  /** All of it as one text, which orders lines and no other descriptor has. */
  readonly key: string;
}

/** Tags that were read, and their canonical text. */
export interface KnownTags {
  readonly tags: Tags;
  readonly text: string;
}

/** What a row says besides its amounts. No field may hold a NUL. */
export interface Described extends Omit<Descriptor, 'key' | 'tags'> {
  readonly tags: KnownTags;
}

/** Tag sets are remembered to save reading them again, so that forgetting some costs time only. */
const MAX_REMEMBERED_TAGS = 50_000;

/** Holds each descriptor, each tag set and each repeated text once: a year of hourly rows has few of them. */
export class Descriptors {
  readonly #byKey = new Map<string, Descriptor>();
  readonly #tags = new Map<string, KnownTags | null>();
  readonly #texts = new Map<string, string>();

  /** Null when the text of the column Tags is not what it should be. */
  tagsOf(cell: string): KnownTags | null {
    const known = this.#tags.get(cell);
    if (known !== undefined) return known;
    if (this.#tags.size >= MAX_REMEMBERED_TAGS) this.#tags.clear();
    const tags = readTags(cell);
    const read = tags === null ? null : { tags, text: canonicalJson(tags) };
    this.#tags.set(cell, read);
    return read;
  }

  of({ service, cluster, namespace, region, resource, subAccount, category, tags }: Described): Descriptor {
    const key = [service, cluster, namespace, region, resource, subAccount, category, tags.text].join('\0');
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const descriptor = {
      service: this.#once(service),
      cluster: this.#once(cluster),
      namespace: this.#once(namespace),
      region: this.#once(region),
      resource,
      subAccount: this.#once(subAccount),
      category: this.#once(category),
      tags: tags.tags,
      key,
    };
    this.#byKey.set(key, descriptor);
    return descriptor;
  }

  /** Forgets all but these. */
  retain(descriptors: Iterable<Descriptor>): void {
    this.#byKey.clear();
    this.#texts.clear();
    for (const descriptor of descriptors) this.#byKey.set(descriptor.key, descriptor);
  }

  #once(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }
}
