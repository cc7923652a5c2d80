/** How one side did the calls of a topic once. */
export interface Run {
  readonly calls: number;
  /** From the first batch, where several do it of the last to have one, until all was done. */
  readonly seconds: number;
  /** Of the processes that are measured; the broker's are its own. */
  readonly cpuSeconds: number;
  /** The most that they ever had in memory. */
  readonly peakMib: number;
  /** Totals, each as often as it was written; nothing where none is. */
  readonly written?: number;
  /** How far they had come, from time to time. */
  readonly marks: readonly Mark[];
}

export interface Mark {
  readonly atMs: number;
  /** Calls. */
  readonly done: number;
}

/** Calls a second. */
export function perSecond({ calls, seconds }: Run): number {
  return calls / seconds;
}

/** Calls a second in the second half of the calls, when what is compiled as it runs has been compiled. */
export function warmPerSecond({ calls, marks }: Run): number {
  const last = marks.at(-1);
  const from = marks.find(({ done }) => done >= calls / 2);
  if (from === undefined || last === undefined) return Number.NaN;
  return ((last.done - from.done) / (last.atMs - from.atMs)) * 1000;
}
