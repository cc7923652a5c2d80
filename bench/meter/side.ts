import { median } from '../benchmark.ts';
import { perSecond, type Run } from './run.ts';

/** One of those that are measured in turns. */
export class Side {
  readonly name: string;
  /** By round; a side need not take part in every one. */
  readonly runs = new Map<number, Run>();
  readonly #measure: () => Promise<Run>;

  constructor(name: string, measure: () => Promise<Run>) {
    this.name = name;
    this.#measure = measure;
  }

  async take(round: number): Promise<void> {
    this.runs.set(round, await this.#measure());
  }

  /** Calls a second in a round; NaN where it did not take part. */
  perSecond(round: number): number {
    const run = this.runs.get(round);
    return run === undefined ? Number.NaN : perSecond(run);
  }

  /** The median of its rounds; NaN before the first. */
  median(figure: (run: Run) => number): number {
    return median([...this.runs.values()].map(figure));
  }

  /** How often as fast as the other, each time within a round: the machine may have other work at times. */
  ratioTo(other: Side): number {
    const ratios = [...this.runs].flatMap(([round, run]) => {
      const beside = other.runs.get(round);
      return beside === undefined ? [] : [perSecond(run) / perSecond(beside)];
    });
    return median(ratios);
  }
}

/** Takes turns, every other round in the opposite order. */
export async function takeTurns(sides: readonly Side[], round: number, say: (text: string) => void): Promise<void> {
  for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
    say(`round ${round + 1}: ${side.name}`);
    await side.take(round);
  }
}
