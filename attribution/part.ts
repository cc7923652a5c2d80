import type { AllocationMethod } from '../schemas/attribution-document.ts';
import type { Amount } from '../schemas/scalars.ts';
import type { Origin } from './read-report.ts';
import type { Target } from './targets.ts';

/** An origin, or a blend part of it, given to targets. */
export interface Part {
  readonly origin: Origin;
  readonly method: AllocationMethod;
  readonly driver: string;
  /** Integer text, empty where there are no weights. */
  readonly totalWeight: string;
  /** Ordered by tenant, then product; they add up to what was to be given. */
  readonly shares: readonly Share[];
  /** Why what goes to `__unallocated__` does; lines of tenants have none. */
  readonly reason: string;
}

/** What one target gets. */
export interface Share {
  readonly target: Target;
  readonly billed: Amount;
  readonly effective: Amount;
}
