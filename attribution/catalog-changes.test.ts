import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatDay } from '../schemas/day.ts';
import { catalogChanges } from './catalog-changes.ts';
import { catalog } from './testing/build.ts';

type Fields = Record<string, unknown>;

/** The touched ranges as `from..to`, an open end as nothing. */
function touches(before: Fields | null, after: Fields): string[] {
  const changes = catalogChanges(before === null ? null : catalog(before), catalog(after));
  return changes.touches.map(
    ({ from, to }) => `${from === null ? '' : formatDay(from)}..${to === null ? '' : formatDay(to)}`,
  );
}

function lines(before: Fields | null, after: Fields): readonly string[] {
  return catalogChanges(before === null ? null : catalog(before), catalog(after)).changes;
}

const leave = (id: string, fields: object = {}): object => ({ id, match: {}, leave: { reason: 'x' }, ...fields });

describe('the days that a change can touch', () => {
  it('are none without a change', () => {
    const same = { rules: [leave('a')], rates: [{ from: 'EUR', to: 'USD', day: '2026-01-01', rate: '1' }] };
    assert.deepEqual(touches(same, same), []);
  });

  it('are all for the first catalog and for another currency', () => {
    assert.deepEqual(touches(null, {}), ['..']);
    assert.deepEqual(touches({ currency: 'USD' }, { currency: 'EUR' }), ['..']);
  });

  it('are those between two dates of a rule that begins later or ends earlier', () => {
    assert.deepEqual(
      touches({ rules: [leave('a', { from: '2026-01-01' })] }, { rules: [leave('a', { from: '2026-02-01' })] }),
      ['2026-01-01..2026-02-01'],
    );
    assert.deepEqual(touches({ rules: [leave('a')] }, { rules: [leave('a', { to: '2026-02-01' })] }), ['2026-02-01..']);
    assert.deepEqual(touches({ rules: [leave('a')] }, { rules: [leave('a', { from: '2026-02-01' })] }), [
      '..2026-02-01',
    ]);
  });

  it('are those of a rule that is added, removed or changed, and no others', () => {
    const dated = { from: '2026-01-01', to: '2026-02-01' };
    assert.deepEqual(touches({ rules: [] }, { rules: [leave('a', dated)] }), ['2026-01-01..2026-02-01']);
    assert.deepEqual(touches({ rules: [leave('a', dated)] }, { rules: [] }), ['2026-01-01..2026-02-01']);
    const changed = leave('a', { ...dated, leave: { reason: 'y' } });
    assert.deepEqual(touches({ rules: [leave('a', dated)] }, { rules: [changed] }), ['2026-01-01..2026-02-01']);
    assert.deepEqual(touches({ rules: [leave('a', dated)] }, { rules: [leave('b', dated)] }), [
      '2026-01-01..2026-02-01',
    ]);
  });

  it('are those on which two rules that change places are both valid', () => {
    const a = leave('a', { to: '2026-03-01' });
    const b = leave('b', { from: '2026-02-01' });
    assert.deepEqual(touches({ rules: [a, b] }, { rules: [b, a] }), ['2026-02-01..2026-03-01']);
    const c = leave('c', { to: '2026-02-01' });
    assert.deepEqual(touches({ rules: [c, b] }, { rules: [b, c] }), []);
  });

  it('are none when a rule only writes its default tier out, and all of it when it takes another', () => {
    assert.deepEqual(touches({ rules: [leave('a')] }, { rules: [leave('a', { tier: 'external' })] }), []);
    assert.deepEqual(touches({ rules: [leave('a')] }, { rules: [leave('a', { tier: 'infrastructure' })] }), ['..']);
  });

  it('are those on which a tenant comes or goes, or an alias means something else', () => {
    const acme = { id: 'acme', from: '2026-01-01' };
    assert.deepEqual(touches({ tenants: [] }, { tenants: [acme] }), ['2026-01-01..']);
    assert.deepEqual(touches({ tenants: [acme] }, { tenants: [{ ...acme, to: '2026-05-01' }] }), ['2026-05-01..']);
    assert.deepEqual(touches({ tenants: [acme] }, { tenants: [{ ...acme, aliases: ['x'] }] }), ['2026-01-01..']);
    const [x, y] = [
      { id: 'x', aliases: ['z'], to: '2026-02-01' },
      { id: 'y', from: '2026-02-01' },
    ];
    assert.deepEqual(touches({ tenants: [x, y] }, { tenants: [x, { ...y, aliases: ['z'] }] }), ['2026-02-01..']);
  });

  it('are none when one period is written as two that follow one another', () => {
    const two = [
      { id: 'acme', to: '2026-02-01' },
      { id: 'acme', from: '2026-02-01' },
    ];
    assert.deepEqual(touches({ tenants: [{ id: 'acme' }] }, { tenants: two }), []);
  });

  it('are none for names, products and Auth0 organizations, which decide no amount', () => {
    const acme = { id: 'acme' };
    const named = { ...acme, name: 'Acme Corp', auth0Organizations: ['org'] };
    assert.deepEqual(touches({ tenants: [acme], products: [] }, { tenants: [named], products: [{ id: 'p' }] }), []);
  });

  it('are those on which another source is expected', () => {
    const aws = { source: 'aws', account: '1' };
    assert.deepEqual(touches({ expected: [] }, { expected: [{ ...aws, from: '2026-04-01' }] }), ['2026-04-01..']);
    assert.deepEqual(touches({ expected: [aws] }, { expected: [{ ...aws, account: '2' }] }), ['..']);
  });

  it('are those on which a rate is the newest', () => {
    const rate = (day: string, value: string, fields: object = {}): object => ({
      from: 'EUR',
      to: 'USD',
      day,
      rate: value,
      ...fields,
    });
    const [january, march] = [rate('2026-01-01', '1'), rate('2026-03-01', '3')];
    assert.deepEqual(touches({ rates: [january, march] }, { rates: [march, january] }), []);
    assert.deepEqual(touches({ rates: [january, march] }, { rates: [january, rate('2026-02-01', '2'), march] }), [
      '2026-02-01..2026-03-01',
    ]);
    assert.deepEqual(touches({ rates: [january] }, { rates: [january, march] }), ['2026-03-01..']);
    assert.deepEqual(touches({ rates: [march] }, { rates: [rate('2026-03-01', '4')] }), ['2026-03-01..']);
    assert.deepEqual(touches({ rates: [] }, { rates: [rate('2026-01-01', '1', { to: 'CHF' })] }), []);
    const pounds = rate('2026-02-01', '5', { from: 'GBP' });
    assert.deepEqual(touches({ rates: [january] }, { rates: [january, pounds] }), ['2026-02-01..']);
    // The rate of one currency does not end the rate of another.
    assert.deepEqual(touches({ rates: [january, pounds] }, { rates: [rate('2026-01-01', '7'), pounds] }), [
      '2026-01-01..',
    ]);
  });

  it('are joined where they overlap or follow one another, and apart where they do not', () => {
    const during = (id: string, from: string, to: string): object => leave(id, { from, to });
    const rules = [
      during('a', '2026-01-01', '2026-02-01'),
      during('b', '2026-02-01', '2026-03-01'),
      during('c', '2026-02-15', '2026-02-20'),
      during('d', '2026-05-01', '2026-06-01'),
    ];
    assert.deepEqual(touches({ rules: [] }, { rules }), ['2026-01-01..2026-03-01', '2026-05-01..2026-06-01']);
    const tenants = [
      { id: 'a', from: '2026-05-15', to: '2026-05-20' },
      { id: 'b', from: '2026-05-25' },
    ];
    assert.deepEqual(touches({ rules: [], tenants: [] }, { rules, tenants }), [
      '2026-01-01..2026-03-01',
      '2026-05-01..',
    ]);
    const open = [
      { id: 'a', from: '2026-01-15' },
      { id: 'b', to: '2025-01-01' },
    ];
    assert.deepEqual(touches({ rules: [], tenants: [] }, { rules, tenants: open }), ['..2025-01-01', '2026-01-01..']);
  });
});

describe('the readable lines of a change', () => {
  it('name what is added, removed, changed and moved', () => {
    const before = {
      currency: 'USD',
      products: [{ id: 'asr' }, { id: 'old' }],
      tenants: [{ id: 'acme' }, { id: 'twice', to: '2026-01-01' }, { id: 'twice', from: '2026-02-01' }],
      expected: [{ source: 'aws', account: '1' }],
      rates: [{ from: 'EUR', to: 'USD', day: '2026-01-01', rate: '1.1' }],
      rules: [leave('a'), leave('b', { from: '2026-01-01' }), leave('gone'), leave('c')],
    };
    const after = {
      currency: 'EUR',
      products: [{ id: 'asr' }],
      tenants: [
        { id: 'acme', aliases: ['x'] },
        { id: 'twice', to: '2026-01-01' },
        { id: 'twice', from: '2026-03-01' },
        { id: 'new' },
      ],
      expected: [],
      rates: [{ from: 'EUR', to: 'USD', day: '2026-01-01', rate: '1.2' }],
      rules: [leave('b', { from: '2026-02-01' }), leave('a'), leave('c', { tier: 'top' }), leave('d')],
    };
    assert.deepEqual(lines(before, after), [
      'currency: USD -> EUR',
      'product old: removed',
      'tenant acme: aliases [] -> ["x"]',
      'tenant twice (2): from 2026-02-01 -> 2026-03-01',
      'tenant new: added',
      'expected source aws 1: removed',
      'rate EUR to USD of 2026-01-01: rate 1.1 -> 1.2',
      'rule gone: removed',
      'rule b: from 2026-01-01 -> 2026-02-01',
      'rule c: tier none -> top',
      'rule d: added',
      'rule b: moved from place 2 to 1 of those kept',
      'rule a: moved from place 1 to 2 of those kept',
    ]);
  });

  it('are none without a change, and name everything of a first catalog', () => {
    const fields = { products: [], tenants: [{ id: 'acme' }], rules: [leave('a')] };
    assert.deepEqual(lines(fields, fields), []);
    assert.deepEqual(lines(null, fields), ['tenant acme: added', 'rule a: added']);
  });
});
