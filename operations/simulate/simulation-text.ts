import { stringify } from 'csv-stringify/sync';
import { formatAmount } from '../../attribution/amount.ts';
import { table } from '../../runtime/terminal/table.ts';
import { formatDay } from '../../schemas/day.ts';
import type { Amount } from '../../schemas/scalars.ts';
import type { Money } from '../../schemas/statement.ts';
import { changeCells, changeColumns, signedAmount } from '../change-table.ts';
import { changes } from './flows.ts';
import type { SimulatedDay } from './simulate-days.ts';
import type { Balance, Simulation } from './simulation.ts';
import { type AmountName, byDestination, byOutcome, byRule, byTenant, type FlowSum, gain } from './sums.ts';

/** Rows of a table; the rest stands in the CSV. */
const MAX_ROWS = 40;
/** Whom a rule's change goes to, shown of each rule. */
const MAX_DESTINATIONS = 5;

/** A simulation for people: who gains and who loses, by which rule, and that nothing was lost on the way. */
export function simulationText(simulation: Simulation, rules: readonly string[], amount: AmountName): string {
  const flows = simulation.flows();
  const parts = [headline(simulation)];
  if (flows.some(changes)) {
    parts.push(`Tenants\n\n${sumsText('tenant', byTenant(flows, amount), amount)}`);
    parts.push(`Rules, and whom the change goes to\n\n${rulesText(byRule(flows, rules, amount), amount)}`);
  }
  const balances = simulation.balances();
  for (const balance of balances) {
    const own = byOutcome(flows.filter(({ currency }) => currency === balance.currency));
    parts.push(`Every unit accounted for, ${balance.currency}\n\n${balanceText(balance, own, amount)}`);
  }
  return parts.join('\n\n');
}

/** The same for programs: one JSON object, amounts as canonical decimal text. */
export function simulationJson(simulation: Simulation, rules: readonly string[], rest: object): string {
  const flows = simulation.flows();
  const { days, documents } = simulation;
  const written = {
    ...rest,
    days,
    documentsThatDiffer: documents,
    tenants: byTenant(flows, 'billed').map(({ name, ...sum }) => ({ tenant: name, ...sumJson(sum) })),
    rules: byRule(flows, rules, 'billed').map(({ name, ...sum }) => ({
      rule: name,
      ...sumJson(sum),
      to: sum.flows.map(({ outcome, tenant, reason, before, after }) => ({ outcome, tenant, reason, before, after })),
    })),
    outcomes: byOutcome(flows).map(({ name, ...sum }) => ({ outcome: name, ...sumJson(sum) })),
    balances: simulation.balances(),
  };
  return JSON.stringify(written, (_, value) => (typeof value === 'bigint' ? formatAmount(value as Amount) : value), 2);
}

/** What changes on a day as rows of CSV, titles left out. */
export function changesCsv({ day, flows }: SimulatedDay): string {
  return stringify(
    flows
      .filter(changes)
      .map(({ currency, rule, outcome, tenant, reason, before, after }) => [
        ...[formatDay(day), tenant, rule, outcome, reason, currency],
        ...[before.billed, after.billed, before.effective, after.effective].map(formatAmount),
      ]),
  );
}

export const changesCsvTitles: string = stringify([
  [
    ...['day', 'tenant', 'rule', 'outcome', 'reason', 'currency'],
    ...['billed_before', 'billed_after', 'effective_before', 'effective_after'],
  ],
]);

function headline(simulation: Simulation): string {
  const { documents } = simulation;
  if (simulation.flows().some(changes)) return `${count(documents, 'document')} would differ.`;
  if (documents === 0) return 'Nothing changes.';
  const differ = documents === 1 ? '1 document differs' : `${count(documents, 'document')} differ`;
  return `No amount changes; ${differ} in products, drivers, tiers or status.`;
}

function count(number: number, what: string): string {
  return `${number.toLocaleString('en-US')} ${what}${number === 1 ? '' : 's'}`;
}

function sumsText(title: string, sums: readonly FlowSum[], amount: AmountName): string {
  return limited(
    title,
    sums.map((sum) => rowOf(sum, sum.name, amount)),
    amount,
  );
}

function rulesText(rules: readonly FlowSum[], amount: AmountName): string {
  const shown = rules.slice(0, MAX_ROWS);
  const rows = shown.flatMap((rule) => {
    const moving = byDestination(rule, amount).filter((to) => gain(to, amount) !== 0n);
    const rest = moving.length - MAX_DESTINATIONS;
    return [
      rowOf(rule, rule.name === '' ? '(no rule fits)' : rule.name, amount),
      ...moving.slice(0, MAX_DESTINATIONS).map((to) => rowOf(to, `  ${to.name}`, amount)),
      ...(rest > 0 ? [[`  and ${rest} more`]] : []),
    ];
  });
  return ended(table([{ title: 'rule' }, ...changeColumns(amount)], rows), rules.length);
}

function limited(title: string, rows: readonly (readonly string[])[], amount: AmountName): string {
  // Who gains most stands first, and who loses most last.
  const half = MAX_ROWS / 2;
  const shown = rows.length > MAX_ROWS ? [...rows.slice(0, half), ...rows.slice(-half)] : rows;
  return ended(table([{ title }, ...changeColumns(amount)], shown), rows.length);
}

function ended(text: string, rows: number): string {
  return rows > MAX_ROWS ? `${text}\nand ${rows - MAX_ROWS} more: --json has all` : text;
}

function rowOf({ currency, before, after }: FlowSum, name: string, amount: AmountName): readonly string[] {
  return [name, ...changeCells(before[amount], after[amount], currency)];
}

function balanceText(balance: Balance, outcomes: readonly FlowSum[], amount: AmountName): string {
  const { currency, before, after, converted, left, unexplained } = balance;
  const row = (name: string, was: Money, becomes: Money): readonly string[] => [
    name,
    ...changeCells(was[amount], becomes[amount], currency),
  ];
  const rows = [
    row('came in', before, after),
    ...outcomes.map((sum) => rowOf(sum, sum.name, amount)),
    row('difference', left.before, left.after),
  ];
  const sum = outcomes.reduce((all, outcome) => all + gain(outcome, amount), 0n) as Amount;
  const rates = converted[amount] === 0n ? '' : `; by other exchange rates: ${signedAmount(converted[amount])}`;
  const wrong = unexplained[amount] === 0n ? '' : `; NOT ACCOUNTED FOR: ${signedAmount(unexplained[amount])}`;
  const total = `All changes together: ${signedAmount(sum)} ${currency}${rates}${wrong}`;
  return `${table([{ title: '' }, ...changeColumns(amount)], rows)}\n${total}`;
}

function sumJson({ currency, before, after }: Omit<FlowSum, 'name'>): object {
  const change = {
    billed: after.billed - before.billed,
    effective: after.effective - before.effective,
  };
  return { currency, before, after, change };
}
