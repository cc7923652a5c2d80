import { compareText } from './canonical-json.ts';
import { computeOnce } from './compute-once.ts';

/** Whom a split gives to: a pair of tenant and product, which may be empty. */
export interface Target {
  readonly tenant: string;
  readonly product: string;
  /** Integer text, empty where the split has no weights. */
  readonly weightText: string;
}

/** Targets ordered by tenant, then product: the order in which equal remainders are served. */
export interface TargetSet {
  readonly targets: readonly Target[];
  /** Above zero, one per target. */
  readonly weights: readonly bigint[];
  readonly totalText: string;
}

/** Adds up weights by tenant and product. */
export class PairSums {
  readonly #sums = new Map<string, Map<string, bigint>>();

  add(tenant: string, product: string, weight: bigint): void {
    const products = computeOnce(this.#sums, tenant, () => new Map<string, bigint>());
    products.set(product, (products.get(product) ?? 0n) + weight);
  }

  /** The pairs with a sum above zero, ordered; null when there is none. */
  targets(): TargetSet | null {
    const pairs = this.pairs().filter(({ sum }) => sum > 0n);
    if (pairs.length === 0) return null;
    return {
      targets: pairs.map(({ tenant, product, sum }) => ({ tenant, product, weightText: sum.toString() })),
      weights: pairs.map(({ sum }) => sum),
      totalText: pairs.reduce((total, { sum }) => total + sum, 0n).toString(),
    };
  }

  /** All pairs, ordered by tenant, then product. */
  pairs(): { readonly tenant: string; readonly product: string; readonly sum: bigint }[] {
    return [...this.#sums]
      .sort(([a], [b]) => compareText(a, b))
      .flatMap(([tenant, products]) =>
        [...products].sort(([a], [b]) => compareText(a, b)).map(([product, sum]) => ({ tenant, product, sum })),
      );
  }
}
