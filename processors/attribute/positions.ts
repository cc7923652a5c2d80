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

/** What is committed beside the offsets. */
export interface CommittedState {
  /** How much of the catalog topic the emitted documents were made with. */
  readonly catalog: number;
  /** What decided which records are inputs. */
  readonly acceptance: string;
}

export function formatCommittedState({ catalog, acceptance }: CommittedState): string {
  return JSON.stringify({ catalog, acceptance });
}

/**
 * The catalog position that was committed. 0 where there is none, or none that can be read (offsets reset by hand carry
 * no metadata): then every day counts as touched by the catalog, which costs a repetition and nothing else. So it is
 * where records were accepted by other rules than `acceptance`: what was refused then may be an input now.
 */
export function readCatalogPosition(committed: Iterable<Committed>, acceptance?: string): number {
  const states = [...committed].map((one) => parseState(one.metadata));
  if (states.length === 0) return 0;
  const isOther = acceptance !== undefined && states.some((state) => state.acceptance !== acceptance);
  return isOther ? 0 : Math.min(...states.map(({ catalog }) => catalog));
}

function parseState(metadata: string): CommittedState {
  try {
    const { catalog, acceptance } = JSON.parse(metadata) as Partial<Record<keyof CommittedState, unknown>>;
    const isPosition = typeof catalog === 'number' && Number.isSafeInteger(catalog) && catalog >= 0;
    return { catalog: isPosition ? catalog : 0, acceptance: typeof acceptance === 'string' ? acceptance : '' };
  } catch {
    return { catalog: 0, acceptance: '' };
  }
}
