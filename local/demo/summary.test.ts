import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { type DemoSummary, formatSummary } from './summary.ts';

const summary: DemoSummary = {
  currency: 'USD',
  from: '2026-04-01',
  to: '2026-04-14',
  measure: { count: 'calls', price: 'per call minute' },
  tenants: [
    { tenant: 'acme', name: 'Acme Corp', cost: '12345.67', share: '61.7', count: '14210', price: '0.2171' },
    { tenant: 'wonka', name: 'Wonka Sweets', cost: '-3.10', share: '0.0', count: '0', price: null },
  ],
  unallocated: [{ source: 'cast-ai', service: 'workloads', reason: 'no_rule', cost: '266.00' }],
  statement: {
    in: '20000',
    allocated: '12342.57',
    covered: '7000.000000000001',
    held: '391.43',
    unallocated: '266',
    difference: '0',
  },
};

/** As far as colours ask it. */
function stream(isTTY: boolean): NodeJS.WriteStream {
  const asked = { isTTY, getColorDepth: () => (isTTY ? 24 : 1), hasColors: () => isTTY };
  return Object.assign(new Writable(), asked) as unknown as NodeJS.WriteStream;
}
const plain = stream(false);
const terminal = stream(true);

test('the summary lines up what each tenant costs, what nobody pays, and the proof', () => {
  assert.equal(
    formatSummary(summary, plain),
    `Cost per tenant, 2026-04-01 to 2026-04-14, USD

tenant  name               cost  share %   calls  per call minute
acme    Acme Corp     12,345.67     61.7  14,210           0.2171
wonka   Wonka Sweets      -3.10      0.0       0

Given to nobody

source   service    reason     cost
cast-ai  workloads  no_rule  266.00

Every unit accounted for

                                        amount
in                         20,000
allocated to tenants       12,342.57
covered by another source   7,000.000000000001
held                          391.43
unallocated                   266
difference                      0`,
  );
});

test('colours are for terminals only, and say the same', () => {
  const coloured = formatSummary(summary, terminal);
  assert.notEqual(coloured, formatSummary(summary, plain));
  assert.equal(stripVTControlCharacters(coloured), formatSummary(summary, plain));
});

test('a difference that is not 0 looks unlike one that is', () => {
  const wrong = { ...summary, statement: { ...summary.statement, difference: '0.000000000001' } };
  assert.match(formatSummary(wrong, plain), /difference +0\.000000000001$/);
});

test('when nobody is left out, that is said', () => {
  assert.match(formatSummary({ ...summary, unallocated: [] }, plain), /Given to nobody\n\nnothing\n/);
});
