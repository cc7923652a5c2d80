import type { Logger } from 'pino';
import type { StackAddresses } from '../local/stack.ts';
import type { Figure } from './figure.ts';

/** One thing that is measured. */
export interface Benchmark {
  /** What it is called on the command line. */
  readonly name: string;
  /** What is measured, and against what, in a sentence. */
  readonly about: string;
  run(bench: Bench): Promise<Measured>;
}

/** What all benchmarks of a run share. */
export interface Bench {
  /** Servers of this run alone, the same for all that is compared. */
  readonly stack: StackAddresses & { readonly dataFolder: string };
  /** How often each side is measured, in turns, after what warms it up. */
  readonly rounds: number;
  /** A share of the full size: 1, or less for a quick look. */
  readonly size: number;
  /** Folder of the Kafka Streams reference job, whether or not it is there. */
  readonly streamsFolder: string;
  readonly logger: Logger;
  /** Aborted when somebody does not want to wait for the rest. */
  readonly signal: AbortSignal;
  /** Tells whoever waits what is being measured now. */
  say(text: string): void;
}

export interface Measured {
  readonly figures: readonly Figure[];
  /** How the figures came about: tables, histograms, for people. */
  readonly details: string;
}

/** The middle one, or the mean of both in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
