import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addDays } from '../schemas/day.ts';
import { compileCatalog } from './compile-catalog.ts';
import { catalog, D, day } from './testing/build.ts';

const leave = { match: {}, leave: { reason: 'x' } };

describe('compileCatalog', () => {
  it('finds the tenant of an id or alias on the day, and nobody for any other text', () => {
    const compiled = compileCatalog(
      catalog({
        tenants: [
          { id: 'old', aliases: ['old-prod'], to: '2026-11-20' },
          { id: 'new', aliases: ['old', 'old-prod'], from: '2026-11-20' },
        ],
      }),
    );
    const before = addDays(D, -1);
    const names = ['old', 'old-prod', 'new', 'other', ''];
    assert.deepEqual(
      names.map((name) => compiled.tenantOf(name, before)),
      ['old', 'old', null, null, null],
    );
    assert.deepEqual(
      names.map((name) => compiled.tenantOf(name, D)),
      ['new', 'new', 'new', null, null],
    );
    assert.deepEqual(
      names.map((name) => compiled.isTenant(name, D)),
      [false, false, true, false, false],
    );
    assert.deepEqual([compiled.tenantsOn(before), compiled.tenantsOn(D)], [['old'], ['new']]);
  });

  it('lists tenants and expected sources in order', () => {
    const compiled = compileCatalog(
      catalog({
        tenants: [{ id: 'b' }, { id: 'a' }, { id: 'B' }],
        expected: [
          { source: 'b', account: '1' },
          { source: 'a', account: '2' },
          { source: 'a', account: '10' },
          { source: 'a', account: '0', to: '2026-11-20' },
        ],
      }),
    );
    assert.deepEqual(compiled.tenantsOn(D), ['B', 'a', 'b']);
    assert.deepEqual(compiled.expectedOn(D), [
      { source: 'a', account: '10' },
      { source: 'a', account: '2' },
      { source: 'b', account: '1' },
    ]);
  });

  it('gives the newest rate on or before the day, whatever the order in the catalog', () => {
    const rate = (date: string, value: string): object => ({ from: 'EUR', to: 'USD', day: date, rate: value });
    const rates = [rate('2026-11-21', '3'), rate('2026-11-19', '1'), rate('2026-11-20', '2')];
    const compiled = compileCatalog(catalog({ rates }));
    const digitsOn = (date: string): bigint | undefined => compiled.rateOn('EUR', day(date))?.rate.digits;
    assert.deepEqual(['2026-11-18', '2026-11-19', '2026-11-20', '2027-01-01'].map(digitsOn), [undefined, 1n, 2n, 3n]);
    assert.equal(compiled.rateOn('GBP', D), null);
  });

  it('keeps the order of the rules that are valid on the day', () => {
    const rules = [
      { id: 'b', ...leave },
      { id: 'c', ...leave, from: '2026-11-21' },
      { id: 'a', ...leave, to: '2026-11-21' },
    ];
    const compiled = compileCatalog(catalog({ rules }));
    const idsOn = (date: string): string[] => compiled.rulesOn(day(date)).map(({ id }) => id);
    assert.deepEqual(idsOn('2026-11-20'), ['b', 'a']);
    assert.deepEqual(idsOn('2026-11-21'), ['b', 'c']);
  });

  it('orders every tier after those that it is based on, and knows which are a base', () => {
    const byCost = (id: string, tier: string, of: string): object => ({
      id,
      tier,
      match: {},
      split: { by: 'cost', of },
    });
    const even = { match: {}, split: { by: 'even', targets: 'all' } };
    const rules = [
      byCost('1', 'top', 'middle'),
      byCost('2', 'middle', 'base'),
      { id: '3', tier: 'alone', ...leave },
      { id: '4', tier: 'even', ...even },
    ];
    const compiled = compileCatalog(catalog({ rules }));
    assert.deepEqual(compiled.tiers, ['base', 'middle', 'top', 'alone', 'even']);
    assert.deepEqual([...compiled.baseTiers].sort(), ['base', 'middle']);
  });

  it('stops at a catalog that was never checked', () => {
    const checked = catalog({});
    const rate = { from: 'EUR', to: 'USD', day: 'x', rate: '1' };
    assert.throws(() => compileCatalog({ ...checked, rates: [rate] }), {
      message: 'The catalog was not checked: rate of x.',
    });
    assert.throws(() => compileCatalog({ ...checked, rates: [{ ...rate, day: '2026-01-01', rate: 'x' }] }), {
      message: 'The catalog was not checked: rate of 2026-01-01.',
    });
    assert.throws(() => compileCatalog({ ...checked, rules: [{ id: 'r', match: {} }] }), {
      message: 'The catalog was not checked: rule r has no action.',
    });
    const split = { by: 'fixed', weights: { acme: '-1' } } as const;
    assert.throws(() => compileCatalog({ ...checked, rules: [{ id: 'r', match: {}, split }] }), {
      message: 'The catalog was not checked: "-1" is below zero.',
    });
  });
});
