import { UNALLOCATED } from '../schemas/attribution-document.ts';
import type {
  CompiledBlend,
  CompiledCost,
  CompiledEven,
  CompiledFallback,
  CompiledFixed,
  CompiledUsage,
} from './compile-split.ts';
import type { Part } from './part.ts';
import type { Origin } from './read-report.ts';
import { splitAmount } from './split.ts';
import { soleTarget, type TargetSet } from './targets.ts';

/** A split that measures its weights itself. */
export type Measured = CompiledUsage | CompiledCost | CompiledEven | CompiledFixed;

/** What an origin's action needs to know of its day. */
export interface Weights {
  isTenant(id: string): boolean;
  /** Null when the split gives no positive weight. */
  weigh(split: Measured, origin: Origin): TargetSet | null;
}

interface Amounts {
  readonly billed: bigint;
  readonly effective: bigint;
}

/** Gives an origin to its targets. What is covered or held goes to nobody and has no part. */
export function allocateOrigin(origin: Origin, weights: Weights): Part[] {
  const action = origin.rule?.action;
  if (action === undefined) return [wholly(origin, origin, UNALLOCATED, '', 'none', '', 'no_rule')];
  switch (action.kind) {
    case 'assign': {
      const tenant = weights.isTenant(action.tenant) ? action.tenant : UNALLOCATED;
      return [wholly(origin, origin, tenant, action.product, 'dedicated', '', 'unknown_tenant')];
    }
    case 'split':
      return allocate(action.split, origin, origin, weights);
    case 'cover':
    case 'hold':
      return [];
  }
}

/** Tries a split and its fallbacks; what none of them can give stays unallocated, with the split's own name. */
function allocate(split: CompiledFallback, amounts: Amounts, origin: Origin, weights: Weights): Part[] {
  return attempt(split, amounts, origin, weights) ?? [unallocated(split, amounts, origin)];
}

function attempt(split: CompiledFallback, amounts: Amounts, origin: Origin, weights: Weights): Part[] | null {
  if (split.method === 'leave') {
    return [wholly(origin, amounts, UNALLOCATED, '', 'leave', split.driver, split.reason)];
  }
  if (split.method === 'blend') return blend(split, amounts, origin, weights);
  const to = weights.weigh(split, origin);
  if (to !== null) return [proportionally(split, amounts, origin, to)];
  if (split.method === 'even' || split.method === 'fixed') return null;
  for (const fallback of split.otherwise) {
    const parts = attempt(fallback, amounts, origin, weights);
    if (parts !== null) return parts;
  }
  return null;
}

function blend(split: CompiledBlend, amounts: Amounts, origin: Origin, weights: Weights): Part[] {
  const billed = splitAmount(amounts.billed, split.shares);
  const effective = splitAmount(amounts.effective, split.shares);
  return split.parts.flatMap((part, i) =>
    allocate(part, { billed: billed[i] ?? 0n, effective: effective[i] ?? 0n }, origin, weights),
  );
}

function proportionally(split: Measured, { billed, effective }: Amounts, origin: Origin, to: TargetSet): Part {
  const billedParts = splitAmount(billed, to.weights);
  return {
    origin,
    method: split.method,
    driver: split.driver,
    to,
    billed: billedParts,
    // The same amount over the same weights gives the same parts.
    effective: effective === billed ? billedParts : splitAmount(effective, to.weights),
    reason: 'unknown_tenant',
  };
}

const USED_UP = { usage: 'no_usage', cost: 'no_base', even: 'no_targets', fixed: 'no_targets' } as const;

function unallocated(split: CompiledFallback, amounts: Amounts, origin: Origin): Part {
  if (split.method === 'leave' || split.method === 'blend') throw new TypeError(`A ${split.method} always gives.`);
  return wholly(origin, amounts, UNALLOCATED, '', split.method, split.driver, USED_UP[split.method]);
}

function wholly(
  origin: Origin,
  amounts: Amounts,
  tenant: string,
  product: string,
  method: Part['method'],
  driver: string,
  reason: string,
): Part {
  const { billed, effective } = amounts;
  return { origin, method, driver, to: soleTarget(tenant, product), billed: [billed], effective: [effective], reason };
}
