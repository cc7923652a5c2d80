import { createHash } from 'node:crypto';

/**
 * A stream of numbers that the seed and the purpose determine: the same on every machine, so that two runs of the demo
 * give the same documents. Small Fast Counter (sfc32), which passes the usual tests of randomness.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** Streams of different purposes are independent: more draws for one change nothing in another. */
  constructor(seed: number, purpose: string) {
    const bytes = createHash('sha256').update(`${seed}/${purpose}`).digest();
    this.#a = bytes.readUInt32LE(0);
    this.#b = bytes.readUInt32LE(4);
    this.#c = bytes.readUInt32LE(8);
    for (let warmUp = 0; warmUp < 12; warmUp++) this.#next();
  }

  /** A fraction from 0, inclusive, to 1, exclusive. */
  fraction(): number {
    return this.#next() / 2 ** 32;
  }

  /** An integer from `min` to `max`, both inclusive. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.fraction() * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  #next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + sum) | 0;
    return sum >>> 0;
  }
}

/** Picks among choices by integer weights. */
export class WeightedChoice<T> {
  readonly #choices: readonly T[];
  readonly #limits: readonly number[];
  readonly #total: number;

  constructor(choices: readonly T[], weightOf: (choice: T, index: number) => number) {
    let total = 0;
    this.#choices = choices;
    this.#limits = choices.map((choice, index) => {
      total += weightOf(choice, index);
      return total;
    });
    this.#total = total;
  }

  pick(random: Random): T {
    const point = random.fraction() * this.#total;
    const at = this.#limits.findIndex((limit) => point < limit);
    const choice = this.#choices[at];
    if (choice === undefined) throw new RangeError('There is nothing to choose from.');
    return choice;
  }
}
