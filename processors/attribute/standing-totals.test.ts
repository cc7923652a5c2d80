import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from '../../attribution/canonical-json.ts';
import { usageTotals } from '../../schemas/topics.ts';
import type { UsageTotal } from '../../schemas/usage-total.ts';
import { QUANTITY_LIMIT, StandingTotals } from './standing-totals.ts';
import { day, total } from './testing/task-on-logs.ts';
import { Texts } from './texts.ts';

const { PROPERTY_RUNS = '500' } = process.env;
const name = fc.constantFrom('', 'a', 'b', 'c', 'd');
const count = fc.nat({ max: 3 });

const totals: fc.Arbitrary<UsageTotal> = fc
  .record({
    cluster: name,
    namespace: name,
    product: name,
    meter: fc.constantFrom('call_duration', 'login'),
    topic: fc.constantFrom('calls.v1', 'usage.v1'),
    partition: count,
    identity: fc.option(name, { nil: '', freq: 8 }),
    callCount: fc.option(fc.nat(), { nil: null }),
    duplicates: count,
    conflicting: count,
    late: count,
    through: fc.nat({ max: 20 }),
  })
  .chain((facts) =>
    fc
      .tuple(name, fc.bigInt({ min: 0n, max: QUANTITY_LIMIT - 1n }))
      .map(([tenant, quantity]) => total(tenant, quantity, facts)),
  );

test('keeps exactly the newest total of each key', () => {
  fc.assert(
    fc.property(fc.array(totals, { maxLength: 300 }), (all) => {
      const held = new StandingTotals(day('2026-03-09'), new Texts());
      const expected = new Map<string, UsageTotal>();
      for (const one of all) {
        const key = usageTotals.key(one);
        const before = expected.get(key);
        const isSame = before !== undefined && canonicalJson(before) === canonicalJson(one);
        const isNewer = one.through >= (before?.through ?? -1) && !isSame;
        assert.equal(held.takes(one), isNewer);
        if (!isNewer) continue;
        held.put(one);
        expected.set(key, one);
      }
      assert.deepEqual(sorted(held.list()), sorted([...expected.values()]));
    }),
    { numRuns: Math.ceil(Number(PROPERTY_RUNS) / 5) },
  );
});

test('keeps ten thousand keys apart', () => {
  const held = new StandingTotals(day('2026-03-09'), new Texts());
  const all = Array.from({ length: 10_000 }, (_, i) =>
    total(`t${i % 97}`, BigInt(i), { namespace: `n${i % 103}`, partition: i % 7, callCount: null }),
  );
  for (const one of all) held.put(one);
  assert.deepEqual(sorted(held.list()), sorted(all));
});

function sorted(list: readonly UsageTotal[]): UsageTotal[] {
  return list.toSorted((a, b) => (usageTotals.key(a) < usageTotals.key(b) ? -1 : 1));
}
