import type { DayOutcome } from '../../attribution/allocate-day.ts';
import { ZERO } from '../../attribution/amount.ts';
import type { CompiledCatalog } from '../../attribution/compile-catalog.ts';
import { computeOnce } from '../../attribution/compute-once.ts';
import { addTo, readReport } from '../../attribution/read-report.ts';
import { UNALLOCATED } from '../../schemas/attribution-document.ts';
import type { CostReport } from '../../schemas/cost-report.ts';
import type { Amount } from '../../schemas/scalars.ts';
import type { Money } from '../../schemas/statement.ts';

/** What a rule gives, and to whom: every unit of money that comes in is in one of them. */
export interface Flow {
  readonly currency: string;
  /** Empty where no rule fits. */
  readonly rule: string;
  readonly outcome: FlowOutcome;
  /** Empty but for what is allocated. */
  readonly tenant: string;
  /** Of what is unallocated or held. */
  readonly reason: string;
  readonly before: Money;
  readonly after: Money;
}

export type FlowOutcome = 'allocated' | 'unallocated' | 'covered' | 'held';

/** A side of a comparison. */
export type Side = 'before' | 'after';

/** Sums of flows, one for each currency, rule and destination. */
export class Flows {
  readonly #sums = new Map<string, RunningFlow>();

  /** Adds where the money of a day goes with a catalog. */
  addDay(side: Side, outcome: DayOutcome, reports: readonly CostReport[], catalog: CompiledCatalog): void {
    for (const { tenant, currency, lines } of outcome.documents) {
      for (const line of lines) {
        const isTenant = tenant !== UNALLOCATED;
        const to: Destination = isTenant
          ? { outcome: 'allocated', tenant, reason: '' }
          : { outcome: 'unallocated', tenant: '', reason: line.reason };
        this.#add(side, { currency, rule: line.ruleId, ...to }, line);
      }
    }
    // What is covered or held goes to nobody and is in no document.
    for (const report of reports) {
      const { currency, origins } = readReport(report, catalog);
      for (const origin of origins) {
        const to = apart(origin.action);
        if (to !== null) this.#add(side, { currency, rule: origin.ruleId, ...to }, origin);
      }
    }
  }

  add(flow: Flow): void {
    this.#add('before', flow, flow.before);
    this.#add('after', flow, flow.after);
  }

  list(): readonly Flow[] {
    return [...this.#sums.values()];
  }

  #add(side: Side, { currency, rule, outcome, tenant, reason }: FlowKey, money: Money): void {
    const flow = computeOnce(this.#sums, JSON.stringify([currency, rule, outcome, tenant, reason]), () => ({
      ...{ currency, rule, outcome, tenant, reason },
      before: { billed: ZERO, effective: ZERO },
      after: { billed: ZERO, effective: ZERO },
    }));
    addTo(flow[side], money);
  }
}

/** Whether anything moves. */
export function changes({ before, after }: Pick<Flow, Side>): boolean {
  return before.billed !== after.billed || before.effective !== after.effective;
}

type Destination = Pick<Flow, 'outcome' | 'tenant' | 'reason'>;
type FlowKey = Omit<Flow, Side>;
type RunningFlow = FlowKey & Record<Side, { billed: Amount; effective: Amount }>;

function apart(action: ReturnType<typeof readReport>['origins'][number]['action']): Destination | null {
  if (action?.kind === 'cover') return { outcome: 'covered', tenant: '', reason: '' };
  if (action?.kind === 'hold') return { outcome: 'held', tenant: '', reason: action.reason };
  return null;
}
