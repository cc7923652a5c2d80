import type { EvenSplit, Fallback, Targets } from '../schemas/catalog.ts';
import { parseWeight } from './amount.ts';
import { canonicalJson } from './canonical-json.ts';

/**
 * A split, ready to use. `driver` is the whole text that lines carry: the places of the fallback and blend parts that
 * lead to it, then the measured quantity.
 */
export type CompiledSplit = CompiledUsage | CompiledCost | CompiledEven | CompiledFixed | CompiledBlend;

export type CompiledFallback = CompiledSplit | CompiledLeave;

interface Driven {
  readonly driver: string;
  /** Splits with the same text here have the same weights for the same charge. */
  readonly key: string;
}

export interface CompiledUsage extends Driven {
  readonly method: 'usage';
  readonly meter: string;
  readonly scope: 'namespace' | 'product' | 'platform';
  /** Replaces the product of the usage; in the scope `product` it also selects it. */
  readonly product: string | null;
  readonly only: ReadonlySet<string> | null;
  readonly otherwise: readonly CompiledFallback[];
}

export interface CompiledCost extends Driven {
  readonly method: 'cost';
  readonly tier: string;
  readonly only: ReadonlySet<string> | null;
  readonly otherwise: readonly CompiledFallback[];
}

export interface CompiledEven extends Driven {
  readonly method: 'even';
  /** Null is every tenant. */
  readonly only: ReadonlySet<string> | null;
}

export interface CompiledFixed extends Driven {
  readonly method: 'fixed';
  readonly weights: ReadonlyMap<string, bigint>;
}

export interface CompiledBlend {
  readonly method: 'blend';
  /** Parts with a share above zero, in the catalog's order. */
  readonly parts: readonly CompiledSplit[];
  readonly shares: readonly bigint[];
}

export interface CompiledLeave {
  readonly method: 'leave';
  readonly driver: string;
  readonly reason: string;
}

/** Prepares a split of a catalog that was accepted. `place` leads to it: `blend:1:otherwise:2:`, or empty. */
export function compileSplit(split: Fallback, place: string): CompiledFallback {
  return 'leave' in split
    ? { method: 'leave', driver: `${place}leave`, reason: split.leave.reason }
    : compile(split, place);
}

function compile(split: Exclude<Fallback, { leave: unknown }>, place: string): CompiledSplit {
  switch (split.by) {
    case 'usage': {
      const { meter, scope, product = null, targets } = split;
      return {
        method: 'usage',
        driver: `${place}${meter}@${scope}`,
        key: canonicalJson([meter, scope, product, targets ?? 'all']),
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
        key: canonicalJson([split.of, split.targets ?? 'all']),
        tier: split.of,
        only: onlyOf(split.targets),
        otherwise: compileFallbacks(split.otherwise, place),
      };
    case 'even':
      return compileEven(split, place);
    case 'fixed': {
      const weights = Object.entries(split.weights).map(([tenant, text]) => [tenant, weightOf(text)] as const);
      return { method: 'fixed', driver: `${place}fixed`, key: canonicalJson(split.weights), weights: new Map(weights) };
    }
    case 'blend': {
      const parts = split.parts
        .map((part, i) => ({ share: weightOf(part.share), split: compile(part, `${place}blend:${i + 1}:`) }))
        .filter(({ share }) => share > 0n);
      return { method: 'blend', parts: parts.map((part) => part.split), shares: parts.map((part) => part.share) };
    }
  }
}

function compileEven(split: EvenSplit, place: string): CompiledEven {
  return { method: 'even', driver: `${place}even`, key: canonicalJson(split.targets), only: onlyOf(split.targets) };
}

function compileFallbacks(fallbacks: readonly Fallback[] | undefined, place: string): CompiledFallback[] {
  return (fallbacks ?? []).map((fallback, i) => compileSplit(fallback, `${place}otherwise:${i + 1}:`));
}

function onlyOf(targets: Targets | undefined): ReadonlySet<string> | null {
  return targets === undefined || targets === 'all' ? null : new Set(targets);
}

function weightOf(text: string): bigint {
  const weight = parseWeight(text);
  if (typeof weight !== 'bigint') throw new TypeError(`The catalog was not checked: ${weight.fault}`);
  return weight;
}
