import { canonicalJson } from '../../attribution/canonical-json.ts';
import type { CostLine } from '../../schemas/cost-report.ts';

/** A cost line without its amounts: one object for all rows that say the same. */
export interface Descriptor extends Omit<CostLine, 'billed' | 'effective'> {
  /** Canonical text, which orders lines. */
  readonly key: string;
}

/** Holds each descriptor once: a year of hourly rows has few of them. */
export class Descriptors {
  readonly #byKey = new Map<string, Descriptor>();
  /** By the texts of the row, so that the tags of most rows need no reading. */
  readonly #byCells = new Map<string, Descriptor>();

  ofCells(cells: string): Descriptor | undefined {
    return this.#byCells.get(cells);
  }

  add(cells: string, fields: Omit<Descriptor, 'key'>): Descriptor {
    const key = canonicalJson(fields);
    const descriptor = this.#byKey.get(key) ?? { ...fields, key };
    this.#byKey.set(key, descriptor);
    this.#byCells.set(cells, descriptor);
    return descriptor;
  }

  /** Forgets all but these. */
  retain(descriptors: Iterable<Descriptor>): void {
    this.#byKey.clear();
    this.#byCells.clear();
    for (const descriptor of descriptors) this.#byKey.set(descriptor.key, descriptor);
  }
}
