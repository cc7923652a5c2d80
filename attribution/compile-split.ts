import type { Fallback, Targets } from '../schemas/catalog.ts';
import { parseWeight } from './amount.ts';
import { canonicalJson } from './canonical-json.ts';

/**
 * A split, ready to use. `driver` is the whole text that lines carry: the places of the fallback and blend parts that
 * lead to it, then the measured quantity.
 */
export type CompiledFallback = MeasuredSplit | CompiledBlend | CompiledLeave;

/** A split with weights of its own, which may turn out to be none. */
export type MeasuredSplit = CompiledUsage | CompiledCost | CompiledEven | CompiledFixed;

interface Measured {
  readonly driver: string;
  /** Splits of one method with the same text here have the same weights for the same charge. */
  readonly key: string;
  /** Tried in order when there are no weights. */
  readonly otherwise: readonly CompiledFallback[];
}

export interface CompiledUsage extends Measured {
  readonly method: 'usage';
  readonly meter: string;
  readonly scope: 'namespace' | 'product' | 'platform';
  /** Replaces the product of the usage; in the scope `product` it also selects it. */
  readonly product: string | null;
  readonly only: ReadonlySet<string> | null;
}

export interface CompiledCost extends Measured {
  readonly method: 'cost';
  readonly tier: string;
  readonly only: ReadonlySet<string> | null;
}

export interface CompiledEven extends Measured {
  readonly method: 'even';
  /** Null is every tenant. */
  readonly only: ReadonlySet<string> | null;
}

export interface CompiledFixed extends Measured {
  readonly method: 'fixed';
  readonly weights: ReadonlyMap<string, bigint>;
}

export interface CompiledBlend {
  readonly method: 'blend';
  /** Parts with a share above zero, in the catalog's order. */
  readonly parts: readonly CompiledFallback[];
  readonly shares: readonly bigint[];
}

export interface CompiledLeave {
  readonly method: 'leave';
  readonly driver: string;
  readonly reason: string;
}

/** Prepares a split of a catalog that was accepted. `place` leads to it: `blend:1:otherwise:2:`, or empty. */
export function compileSplit(split: Fallback, place: string): CompiledFallback {
  if ('leave' in split) return { method: 'leave', driver: `${place}leave`, reason: split.leave.reason };
  switch (split.by) {
    case 'usage': {
      const { meter, scope, product = null, targets } = split;
      return {
        method: 'usage',
        driver: `${place}${meter}@${scope}`,
        key: canonicalJson([meter, scope, product, targets]),
        meter,
        scope,
        product,
        only: onlyOf(targets),
        otherwise: compileFallbacks(split.otherwise, place),
      };
    }
    case 'cost':
      return {
        method: 'cost',
        driver: `${place}cost:${split.of}`,
        key: canonicalJson([split.of, split.targets]),
        tier: split.of,
        only: onlyOf(split.targets),
        otherwise: compileFallbacks(split.otherwise, place),
      };
    case 'even': {
      const { targets } = split;
      return {
        method: 'even',
        driver: `${place}even`,
        key: canonicalJson(targets),
        only: onlyOf(targets),
        otherwise: [],
      };
    }
    case 'fixed': {
      const weights = new Map(Object.entries(split.weights).map(([tenant, text]) => [tenant, weightOf(text)]));
      return { method: 'fixed', driver: `${place}fixed`, key: canonicalJson(split.weights), weights, otherwise: [] };
    }
    case 'blend': {
      const parts = split.parts
        .map((part, i) => ({ share: weightOf(part.share), split: compileSplit(part, `${place}blend:${i + 1}:`) }))
        .filter(({ share }) => share > 0n);
      return { method: 'blend', parts: parts.map((part) => part.split), shares: parts.map((part) => part.share) };
    }
  }
}

function compileFallbacks(fallbacks: readonly Fallback[] = [], place: string): CompiledFallback[] {
  return fallbacks.map((fallback, i) => compileSplit(fallback, `${place}otherwise:${i + 1}:`));
}

function onlyOf(targets: Targets = 'all'): ReadonlySet<string> | null {
  return targets === 'all' ? null : new Set(targets);
}

function weightOf(text: string): bigint {
  const weight = parseWeight(text);
  if (typeof weight !== 'bigint') throw new TypeError(`The catalog was not checked: ${weight.fault}`);
  return weight;
}
