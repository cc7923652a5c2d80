import { ZERO } from '../../attribution/amount.ts';
import { computeOnce } from '../../attribution/compute-once.ts';
import { addTo } from '../../attribution/read-report.ts';
import type { Amount } from '../../schemas/scalars.ts';
import type { Money } from '../../schemas/statement.ts';
import { sumMoney } from '../money.ts';
import { type Flow, Flows } from './flows.ts';
import type { SimulatedDay } from './simulate-days.ts';

/** What comes of another catalog over some days. */
export class Simulation {
  readonly #flows = new Flows();
  readonly #cameIn = new Map<string, { before: Sum; after: Sum; converted: Sum }>();
  #days = 0;
  #documents = 0;

  add({ flows, documents, reports }: SimulatedDay): void {
    this.#days += 1;
    this.#documents += documents;
    for (const flow of flows) this.#flows.add(flow);
    for (const { before, after } of reports) {
      addTo(this.#cameInOf(before.currency).before, before.in);
      addTo(this.#cameInOf(after.currency).after, after.in);
      if (before.currency === after.currency && before.rate === after.rate) continue;
      addTo(this.#cameInOf(before.currency).converted, negative(before.in));
      addTo(this.#cameInOf(after.currency).converted, after.in);
    }
  }

  get days(): number {
    return this.#days;
  }

  /** Documents that differ in anything. */
  get documents(): number {
    return this.#documents;
  }

  flows(): readonly Flow[] {
    return this.#flows.list();
  }

  /** By currency. */
  balances(): readonly Balance[] {
    const flows = Map.groupBy(this.flows(), ({ currency }) => currency);
    return [...new Set([...this.#cameIn.keys(), ...flows.keys()])].sort().map((currency) => {
      const { before, after, converted } = this.#cameInOf(currency);
      const own = flows.get(currency) ?? [];
      const left = {
        before: minus(before, sumMoney(own.map((flow) => flow.before))),
        after: minus(after, sumMoney(own.map((flow) => flow.after))),
      };
      return { currency, before, after, converted, left, unexplained: minus(minus(after, before), converted) };
    });
  }

  #cameInOf(currency: string): { before: Sum; after: Sum; converted: Sum } {
    return computeOnce(this.#cameIn, currency, () => ({ before: zero(), after: zero(), converted: zero() }));
  }
}

/** Whether every unit is accounted for: what one gains, another loses, be it nobody. */
export interface Balance {
  readonly currency: string;
  /** What came in. */
  readonly before: Money;
  readonly after: Money;
  /** How much more comes in because reports are converted by other rates, or into another currency. */
  readonly converted: Money;
  /** What came in less all that went out: 0. */
  readonly left: { readonly before: Money; readonly after: Money };
  /** How much more comes in for no reason: 0. */
  readonly unexplained: Money;
}

export function isBalanced({ left, unexplained }: Balance): boolean {
  return [left.before, left.after, unexplained].every(({ billed, effective }) => billed === ZERO && effective === ZERO);
}

interface Sum {
  billed: Amount;
  effective: Amount;
}

function zero(): Sum {
  return { billed: ZERO, effective: ZERO };
}

function negative(money: Money): Money {
  return minus(zero(), money);
}

function minus(a: Money, b: Money): Money {
  return { billed: (a.billed - b.billed) as Amount, effective: (a.effective - b.effective) as Amount };
}
