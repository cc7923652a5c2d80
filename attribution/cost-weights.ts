import { UNALLOCATED } from '../schemas/attribution-document.ts';
import type { Amount } from '../schemas/scalars.ts';
import type { NegativeBase } from '../schemas/statement.ts';
import type { CompiledCost } from './compile-split.ts';
import { computeOnce } from './compute-once.ts';
import type { Part } from './part.ts';
import { PairSums, type TargetSet } from './targets.ts';

/**
 * What each (tenant, product) was allocated per tier, in one currency: the bases of `by: cost`. The net billed amount
 * counts, for effective amounts too; a net below zero counts nothing. What nobody was given is never a base.
 */
export class CostWeights {
  /** By tier. */
  readonly #sums: ReadonlyMap<string, PairSums>;
  readonly #known = new Map<string, TargetSet | null>();
  readonly #used = new Set<string>();

  /** @param tiers the tiers that are a base of some split */
  constructor(tiers: ReadonlySet<string>) {
    this.#sums = new Map([...tiers].map((tier) => [tier, new PairSums()]));
  }

  add({ origin, shares }: Part): void {
    const sums = this.#sums.get(origin.tier);
    if (sums === undefined) return;
    for (const { target, billed } of shares) {
      if (target.tenant !== UNALLOCATED) sums.add(target.tenant, target.product, billed);
    }
  }

  /** The targets of a split by cost, once its tier is complete; null when nobody has a base. */
  weigh(split: CompiledCost): TargetSet | null {
    this.#used.add(split.tier);
    return computeOnce(this.#known, split.key, () => {
      const { only } = split;
      const sums = new PairSums();
      for (const { tenant, product, sum } of this.#pairs(split.tier)) {
        if (only === null || only.has(tenant)) sums.add(tenant, product, sum);
      }
      return sums.targets();
    });
  }

  /**
   * The pairs below zero of every tier that a charge of the day looked to, ordered by tier, tenant, product. All of a
   * tier's stand here, also those that a split's own `targets` left out.
   */
  negative(): NegativeBase[] {
    return [...this.#used].sort().flatMap((tier) =>
      this.#pairs(tier)
        .filter(({ sum }) => sum < 0n)
        .map(({ tenant, product, sum }) => ({ tier, tenant, product, billed: sum as Amount })),
    );
  }

  #pairs(tier: string): ReturnType<PairSums['pairs']> {
    const sums = this.#sums.get(tier);
    if (sums === undefined) throw new RangeError(`The tier ${tier} is not among the bases.`);
    return sums.pairs();
  }
}
