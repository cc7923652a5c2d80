import { ZERO } from '../../attribution/amount.ts';
import { compareText } from '../../attribution/canonical-json.ts';
import { UNALLOCATED } from '../../schemas/attribution-document.ts';
import type { Money } from '../../schemas/statement.ts';
import { sumMoney } from '../money.ts';
import type { Flow } from './flows.ts';

/** Flows of one currency that are looked at together. */
export interface FlowSum {
  readonly name: string;
  readonly currency: string;
  readonly before: Money;
  readonly after: Money;
  readonly flows: readonly Flow[];
}

export type AmountName = 'billed' | 'effective';

/** What each tenant gains or loses, who gains most first; `__unallocated__` is one of them. */
export function byTenant(flows: readonly Flow[], amount: AmountName): readonly FlowSum[] {
  const given = flows.filter(({ outcome }) => outcome === 'allocated' || outcome === 'unallocated');
  const sums = sumBy(given, ({ outcome, tenant }) => (outcome === 'allocated' ? tenant : UNALLOCATED));
  return sums.sort((a, b) => compareAmounts(gain(b, amount), gain(a, amount)) || compareNames(a, b));
}

/** What each rule gives, the one that moves most first; the rules named that give nothing are last. */
export function byRule(flows: readonly Flow[], rules: Iterable<string>, amount: AmountName): readonly FlowSum[] {
  const sums = sumBy(flows, ({ rule }) => rule);
  const given = new Set(sums.map(({ name }) => name));
  const idle = [...new Set(rules)].filter((rule) => !given.has(rule));
  const sorted = sums.sort((a, b) => compareAmounts(moved(b, amount), moved(a, amount)) || compareNames(a, b));
  return [...sorted, ...idle.map((name) => ({ name, currency: '', ...NOTHING, flows: [] }))];
}

/** Where all money goes: to tenants, and to nobody for each reason. */
export function byOutcome(flows: readonly Flow[]): readonly FlowSum[] {
  return sumBy(flows, outcomeName).sort(compareNames);
}

/** To whom a rule gives, who gains or loses most first. */
export function byDestination({ flows }: FlowSum, amount: AmountName): readonly FlowSum[] {
  const sums = sumBy(flows, (flow) => (flow.outcome === 'allocated' ? flow.tenant : outcomeName(flow)));
  return sums.sort((a, b) => compareAmounts(moved(b, amount), moved(a, amount)) || compareNames(a, b));
}

/** How much of an amount comes in addition, or goes. */
export function gain({ before, after }: Pick<FlowSum, 'before' | 'after'>, amount: AmountName): bigint {
  return after[amount] - before[amount];
}

const NOTHING_AT_ALL: Money = { billed: ZERO, effective: ZERO };
const NOTHING = { before: NOTHING_AT_ALL, after: NOTHING_AT_ALL };

function outcomeName({ outcome, reason }: Flow): string {
  return reason === '' ? outcome : `${outcome}: ${reason}`;
}

function sumBy(flows: readonly Flow[], nameOf: (flow: Flow) => string): FlowSum[] {
  const groups = Map.groupBy(flows, (flow) => JSON.stringify([nameOf(flow), flow.currency]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const before = sumMoney(group.map((flow) => flow.before));
    const after = sumMoney(group.map((flow) => flow.after));
    return [{ name: nameOf(first), currency: first.currency, before, after, flows: group }];
  });
}

/** What one gains another may lose, so that the sum says nothing of how much a rule moves. */
function moved({ flows }: FlowSum, amount: AmountName): bigint {
  return flows.reduce((sum, flow) => {
    const change = gain(flow, amount);
    return sum + (change < 0n ? -change : change);
  }, 0n);
}

function compareAmounts(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b);
}

function compareNames(a: FlowSum, b: FlowSum): number {
  return compareText(a.name, b.name) || compareText(a.currency, b.currency);
}
