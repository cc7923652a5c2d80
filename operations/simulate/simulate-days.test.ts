import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { allocateDay } from '../../attribution/allocate-day.ts';
import { formatAmount } from '../../attribution/amount.ts';
import { compileCatalog } from '../../attribution/compile-catalog.ts';
import { catalog, D, line, report, total } from '../../attribution/testing/build.ts';
import { catalogArb, inputsArb, RUNS } from '../../attribution/testing/generate.ts';
import { UNALLOCATED } from '../../schemas/attribution-document.ts';
import type { Catalog } from '../../schemas/catalog.ts';
import { addDays } from '../../schemas/day.ts';
import type { Amount } from '../../schemas/scalars.ts';
import type { StandingInputs } from '../read-standing.ts';
import { changes, type Flow } from './flows.ts';
import { type SimulatedDay, simulateDays } from './simulate-days.ts';
import { isBalanced, Simulation } from './simulation.ts';
import { changesCsv, simulationText } from './simulation-text.ts';
import { byTenant } from './sums.ts';

const lines = [
  line({ namespace: 'shared', billed: '90', effective: '60' }),
  line({ namespace: 'acme', billed: '10' }),
  line({ service: 'support', billed: '7' }),
  line({ category: 'Tax', billed: '19' }),
];
const calls = { meter: 'call_duration', namespace: 'shared', callCount: 1 };
const totals = [total({ ...calls, tenant: 'acme', quantity: 2n }), total({ ...calls, tenant: 'globex', quantity: 1n })];
const inputs: StandingInputs = {
  reports: new Map([
    [D, [report({ lines })]],
    [addDays(D, 1), [report({ day: addDays(D, 1), currency: 'EUR', lines })]],
  ]),
  totals: new Map([[D, totals]]),
  extent: { from: D, to: addDays(D, 1) },
};

const byUsage = {
  by: 'usage',
  meter: 'call_duration',
  scope: 'namespace',
  otherwise: [{ by: 'even', targets: 'all' }],
};
const shared = { id: 'shared', match: { namespace: 'shared' }, split: byUsage };
const own = { id: 'own', match: { namespace: 'acme' }, assign: { tenant: 'acme' } };
const tax = { id: 'tax', match: { category: 'Tax' }, hold: { reason: 'tax' } };
const rates = [{ from: 'EUR', to: 'USD', day: '2026-01-01', rate: '1.1' }];
const inForce = catalog({ rules: [shared, own, tax], rates });

function simulated(after: Catalog, before: Catalog = inForce): { days: SimulatedDay[]; simulation: Simulation } {
  const days = [...simulateDays(inputs, compileCatalog(before), compileCatalog(after))];
  const simulation = new Simulation();
  for (const day of days) simulation.add(day);
  return { days, simulation };
}

/** What moves on a day, as `rule to change`. */
function moves(day: SimulatedDay | undefined): readonly string[] {
  const flows = day?.flows.filter(changes) ?? [];
  const to = ({ outcome, tenant, reason }: Flow): string => tenant || `${outcome} ${reason}`.trim();
  return flows.map(
    (flow) => `${flow.rule} ${to(flow)} ${formatAmount((flow.after.billed - flow.before.billed) as Amount)}`,
  );
}

test('the catalog in force changes nothing', () => {
  const { days, simulation } = simulated(inForce);
  assert.deepEqual(days.flatMap(moves), []);
  assert.equal(simulation.documents, 0);
  assert.match(simulationText(simulation, [], 'billed'), /^Nothing changes\.\n/);
  assert.ok(simulation.balances().every(isBalanced));
});

test('what a rule gives to one it takes from another, be it from nobody', () => {
  const after = catalog({
    rates,
    rules: [
      { ...shared, split: { by: 'fixed', weights: { acme: '1', globex: '1', initech: '1' } } },
      { id: 'own', match: { namespace: 'acme' }, cover: { by: 'aws' } },
      { id: 'support', match: { service: 'support' }, assign: { tenant: 'initech' } },
      { id: 'tax', match: { category: 'Tax' }, leave: { reason: 'ours' } },
    ],
  });
  const { days, simulation } = simulated(after);
  assert.deepEqual(moves(days[0]).toSorted(), [
    ' unallocated no_rule -7',
    'own acme -10',
    'own covered 10',
    'shared acme -30',
    'shared initech 30',
    'support initech 7',
    'tax held tax -19',
    'tax unallocated ours 19',
  ]);
  assert.ok(simulation.balances().every(isBalanced));
  const text = simulationText(simulation, ['unused'], 'effective');
  assert.match(text, /^acme +83 +42 +-41 +USD$/m, 'effective cost, over both days');
  assert.match(text, /^unused +0 +0 +0$/m, 'a rule that no charge fits is shown');
  assert.match(text, /^difference +0 +0 +0 +USD\nAll changes together: 0 USD$/m);
});

test('lines alone can differ: it is said, and no amount is', () => {
  const after = catalog({ rates, rules: [shared, { ...own, assign: { tenant: 'acme', product: 'asr' } }, tax] });
  const { days, simulation } = simulated(after);
  assert.deepEqual(days.flatMap(moves), []);
  assert.match(simulationText(simulation, [], 'billed'), /^No amount changes; 2 documents differ in products/);
});

test('what another exchange rate brings is told apart from what would be lost', () => {
  const after = catalog({ rules: [shared, own, tax], rates: [{ ...rates[0], rate: '1.2' }] });
  const { simulation } = simulated(after);
  const [balance] = simulation.balances();
  assert.ok(balance !== undefined && isBalanced(balance));
  assert.equal(formatAmount(balance.converted.billed), '12.6');
  const text = simulationText(simulation, [], 'billed');
  assert.match(text, /^All changes together: \+12\.6 USD; by other exchange rates: \+12\.6$/m);
});

test('another currency moves everything, and balances in both', () => {
  const after = catalog({ currency: 'EUR', rules: [shared, own, tax], rates: [] });
  const { simulation } = simulated(after);
  assert.deepEqual(
    simulation.balances().map((balance) => [balance.currency, formatAmount(balance.converted.billed)]),
    [
      ['EUR', '126'],
      ['USD', '-138.6'],
    ],
  );
  assert.ok(simulation.balances().every(isBalanced));
});

test('a unit that is lost on the way is found', () => {
  const { days } = simulated(inForce);
  const [first] = days;
  const [flow, ...rest] = first?.flows ?? [];
  assert.ok(first !== undefined && flow !== undefined);
  const after = { ...flow.after, effective: (flow.after.effective - 1n) as Amount };
  const simulation = new Simulation();
  simulation.add({ ...first, flows: [{ ...flow, after }, ...rest] });
  assert.ok(!simulation.balances().every(isBalanced));
});

test('a unit that comes from nowhere is found, also where it went somewhere', () => {
  const { days } = simulated(inForce);
  const [first] = days;
  const [flow, ...rest] = first?.flows ?? [];
  const [came] = first?.reports ?? [];
  assert.ok(first !== undefined && flow !== undefined && came !== undefined);
  const more = ({ billed, effective }: Flow['after']) => ({ billed: (billed + 1n) as Amount, effective });
  const reports = [{ ...came, after: { ...came.after, in: more(came.after.in) } }];
  const simulation = new Simulation();
  simulation.add({ ...first, flows: [{ ...flow, after: more(flow.after) }, ...rest], reports });
  assert.ok(!simulation.balances().every(isBalanced));
});

test('the CSV has what changes by day, tenant and rule', () => {
  const after = catalog({ rates, rules: [shared, { ...own, assign: { tenant: 'globex' } }, tax] });
  const rows = simulated(after).days.map(changesCsv).join('').trim().split('\n');
  assert.deepEqual(rows.toSorted(), [
    '2026-11-20,acme,own,allocated,,USD,10,0,10,0',
    '2026-11-20,globex,own,allocated,,USD,0,10,0,10',
    '2026-11-21,acme,own,allocated,,USD,11,0,11,0',
    '2026-11-21,globex,own,allocated,,USD,0,11,0,11',
  ]);
});

test('for any day and any two catalogs the flows to a tenant are its documents, and all balances', () => {
  fc.assert(
    fc.property(catalogArb, catalogArb, inputsArb, (before, after, { day, reports, totals, stamp }) => {
      const standing = { reports: new Map([[day, reports]]), totals: new Map([[day, totals]]), extent: null };
      const compiled = { before: compileCatalog(before), after: compileCatalog(after) };
      const simulation = new Simulation();
      for (const one of simulateDays(standing, compiled.before, compiled.after)) simulation.add(one);
      assert.ok(simulation.balances().every(isBalanced));
      const sums = new Map(
        byTenant(simulation.flows(), 'billed').map((sum) => [`${sum.name} ${sum.currency}`, sum] as const),
      );
      for (const side of ['before', 'after'] as const) {
        for (const document of allocateDay({ day, reports, totals, stamp }, compiled[side]).documents) {
          const sum = sums.get(`${document.tenant} ${document.currency}`)?.[side];
          assert.deepEqual(sum, { billed: document.billed, effective: document.effective });
        }
      }
      const { documents } = allocateDay({ day, reports, totals, stamp }, compiled.after);
      const given = documents.filter(({ tenant }) => tenant !== UNALLOCATED).map(({ tenant }) => tenant);
      const gaining = [...sums.values()].filter((sum) => sum.after.billed !== 0n && sum.name !== UNALLOCATED);
      assert.ok(gaining.every(({ name }) => given.includes(name)));
    }),
    RUNS,
  );
});
