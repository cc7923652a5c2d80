import { UNALLOCATED } from '../schemas/attribution-document.ts';
import type { Amount } from '../schemas/scalars.ts';
import type { Money } from '../schemas/statement.ts';
import type { CompiledBlend, CompiledFallback, CompiledLeave, MeasuredSplit } from './compile-split.ts';
import type { Part } from './part.ts';
import type { Origin } from './read-report.ts';
import { splitAmount } from './split.ts';
import type { TargetSet } from './targets.ts';

/** What an origin's action needs to know of its day. */
export interface Weights {
  isTenant(id: string): boolean;
  /** Null when the split gives no positive weight. */
  weigh(split: MeasuredSplit, origin: Origin): TargetSet | null;
}

/** Gives an origin to its targets. What is covered or held goes to nobody and has no part. */
export function allocateOrigin(origin: Origin, weights: Weights): Part[] {
  const { action } = origin;
  if (action === null) {
    return [
      wholly(origin, origin, { tenant: UNALLOCATED, product: '', method: 'none', driver: '', reason: 'no_rule' }),
    ];
  }
  switch (action.kind) {
    case 'assign': {
      const tenant = weights.isTenant(action.tenant) ? action.tenant : UNALLOCATED;
      const { product } = action;
      return [wholly(origin, origin, { tenant, product, method: 'dedicated', driver: '', reason: 'unknown_tenant' })];
    }
    case 'split':
      return allocate(action.split, origin, origin, weights);
    case 'cover':
    case 'hold':
      return [];
  }
}

/** `leave` and blends always give; what a measured split and its fallbacks cannot give stays unallocated. */
function allocate(split: CompiledFallback, amounts: Money, origin: Origin, weights: Weights): Part[] {
  switch (split.method) {
    case 'leave':
      return [leave(split, amounts, origin)];
    case 'blend':
      return blend(split, amounts, origin, weights);
    default:
      return (
        attempt(split, amounts, origin, weights) ?? [
          leave({ ...split, reason: USED_UP[split.method] }, amounts, origin),
        ]
      );
  }
}

/** Why nobody was given anything once all fallbacks are used up; method and driver are the split's own. */
const USED_UP = { usage: 'no_usage', cost: 'no_base', even: 'no_targets', fixed: 'no_targets' } as const;

/** The first of a split and its fallbacks that gives; null when none does. */
function attempt(split: MeasuredSplit, amounts: Money, origin: Origin, weights: Weights): Part[] | null {
  const to = weights.weigh(split, origin);
  if (to !== null) return [proportionally(split, amounts, origin, to)];
  for (const fallback of split.otherwise) {
    const gives = fallback.method === 'leave' || fallback.method === 'blend';
    const parts = gives ? allocate(fallback, amounts, origin, weights) : attempt(fallback, amounts, origin, weights);
    if (parts !== null) return parts;
  }
  return null;
}

function proportionally(split: MeasuredSplit, { billed, effective }: Money, origin: Origin, to: TargetSet): Part {
  const { method, driver } = split;
  const billedParts = splitAmount(billed, to.weights);
  // The same amount over the same weights gives the same parts.
  const effectiveParts = effective === billed ? billedParts : splitAmount(effective, to.weights);
  const shares = to.targets.map((target, i) => ({
    target,
    billed: (billedParts[i] ?? 0n) as Amount,
    effective: (effectiveParts[i] ?? 0n) as Amount,
  }));
  return { origin, method, driver, totalWeight: to.totalText, shares, reason: 'unknown_tenant' };
}

/** Cuts by the shares, then gives each part by its own split. */
function blend(split: CompiledBlend, amounts: Money, origin: Origin, weights: Weights): Part[] {
  const billed = splitAmount(amounts.billed, split.shares);
  const effective = splitAmount(amounts.effective, split.shares);
  return split.parts.flatMap((part, i) => {
    const cut = { billed: (billed[i] ?? 0n) as Amount, effective: (effective[i] ?? 0n) as Amount };
    return allocate(part, cut, origin, weights);
  });
}

function leave(
  { method, driver, reason }: Pick<CompiledLeave, 'driver' | 'reason'> & Pick<Part, 'method'>,
  amounts: Money,
  origin: Origin,
): Part {
  return wholly(origin, amounts, { tenant: UNALLOCATED, product: '', method, driver, reason });
}

/** Everything to one target, without a weight. */
function wholly(
  origin: Origin,
  { billed, effective }: Money,
  to: Pick<Part, 'method' | 'driver' | 'reason'> & { readonly tenant: string; readonly product: string },
): Part {
  const { tenant, product, method, driver, reason } = to;
  const shares = [{ target: { tenant, product, weightText: '' }, billed, effective }];
  return { origin, method, driver, totalWeight: '', shares, reason };
}
