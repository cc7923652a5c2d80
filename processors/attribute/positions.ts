import type { Committed } from '../../runtime/task.ts';

/** Where the reading of one topic stands, against what was committed and what lay there when the task was taken over. */
export class Position {
  /** What lies before was out, as a whole, when the task was taken over. */
  readonly committed: number;
  /** No earlier owner has read beyond. */
  readonly end: number;
  #folded = 0;
  #reached = 0;

  constructor(committed: number, end: number) {
    this.committed = committed;
    this.end = end;
  }

  /** Whether the record at `offset` is new. One that is delivered again says nothing that is not known. */
  fold(offset: number): boolean {
    if (offset < this.#folded) return false;
    this.#folded = offset + 1;
    this.#reached = Math.max(this.#reached, this.#folded);
    return true;
  }

  advance(offset: number): void {
    this.#reached = Math.max(this.#reached, offset);
  }

  /** Everything that an earlier owner can have read has been folded. */
  get isCaughtUp(): boolean {
    return this.#reached >= this.end;
  }

  /** The part of a revision: it follows from the records alone, and never lies below what an earlier owner wrote. */
  get revision(): number {
    return Math.max(this.#folded, this.end);
  }

  /** The next offset to read. */
  get next(): number {
    return Math.max(this.#reached, this.committed);
  }
}

/** What is committed beside the offsets: how much of the catalog topic the emitted documents were made with. */
export function catalogMetadata(catalogPosition: number): string {
  return JSON.stringify({ catalog: catalogPosition });
}

/**
 * The catalog position that was committed. 0 where there is none, or none that can be read (offsets reset by hand carry
 * no metadata): then every day counts as touched by the catalog, which costs a repetition and nothing else.
 */
export function readCatalogMetadata(committed: Iterable<Committed>): number {
  const positions = [...committed].map((one) => parsePosition(one.metadata));
  return positions.length === 0 ? 0 : Math.min(...positions);
}

function parsePosition(metadata: string): number {
  try {
    const { catalog } = JSON.parse(metadata) as { catalog?: unknown };
    return typeof catalog === 'number' && Number.isSafeInteger(catalog) && catalog >= 0 ? catalog : 0;
  } catch {
    return 0;
  }
}
