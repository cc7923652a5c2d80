import type { AllocationMethod } from '../schemas/attribution-document.ts';
import type { Origin } from './read-report.ts';
import type { TargetSet } from './targets.ts';

/** An origin, or a blend part of it, given to targets. */
export interface Part {
  readonly origin: Origin;
  readonly method: AllocationMethod;
  readonly driver: string;
  readonly to: TargetSet;
  /** Units per target; they add up to what was to be split. */
  readonly billed: readonly bigint[];
  readonly effective: readonly bigint[];
  /** Why what goes to `__unallocated__` does; lines of tenants have none. */
  readonly reason: string;
}
