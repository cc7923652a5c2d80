import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { sha256 } from './canonical-json.ts';
import { canonicalCatalogText, catalogDigest, parseCatalog } from './parse-catalog.ts';
import { catalog, faultsOf } from './testing/build.ts';

const rule = (fields: object): object => ({ id: 'rule', match: {}, ...fields });
const faultsOfRule = (fields: object): string[] => faultsOf({ rules: [rule(fields)] });
const faultsOfSplit = (split: object): string[] => faultsOfRule({ split });

describe('parseCatalog', () => {
  it('reads what YAML gives, and fills in what may be left out', () => {
    const parsed = parseCatalog(
      parse(`
        version: 1
        currency: USD
        products: [{ id: asr, name: Speech recognition }, { id: bot }]
        tenants:
          - { id: acme, name: Acme Corp, aliases: [acme-prod], auth0Organizations: [org_a1] }
          - { id: globex, from: 2026-03-01, to: 2026-04-01 }
        expected: [{ source: aws, account: "123456789012" }]
        rates: [{ from: EUR, to: USD, day: 2026-11-01, rate: 1 }]
        rules:
          - id: shared
            match: { source: cast-ai, namespace: [asr-shared, "x*"], "tags.team": "" }
            split: { by: fixed, weights: { acme: 2, globex: "0.5" } }
      `),
    );
    assert.deepEqual(parsed, {
      ok: true,
      catalog: {
        version: 1,
        currency: 'USD',
        products: [
          { id: 'asr', name: 'Speech recognition' },
          { id: 'bot', name: 'bot' },
        ],
        tenants: [
          { id: 'acme', name: 'Acme Corp', aliases: ['acme-prod'], auth0Organizations: ['org_a1'] },
          { id: 'globex', name: 'globex', aliases: [], auth0Organizations: [], from: '2026-03-01', to: '2026-04-01' },
        ],
        expected: [{ source: 'aws', account: '123456789012' }],
        rates: [{ from: 'EUR', to: 'USD', day: '2026-11-01', rate: '1' }],
        rules: [
          {
            id: 'shared',
            match: { source: 'cast-ai', namespace: ['asr-shared', 'x*'], 'tags.team': '' },
            split: { by: 'fixed', weights: { acme: '2', globex: '0.5' } },
          },
        ],
      },
    });
  });

  it('takes a catalog of nothing but version and currency', () => {
    const parsed = parseCatalog({ version: 1, currency: 'EUR' });
    assert.deepEqual(parsed, {
      ok: true,
      catalog: { version: 1, currency: 'EUR', products: [], tenants: [], expected: [], rates: [], rules: [] },
    });
  });

  it('takes every action and every split', () => {
    const usage = { by: 'usage', meter: 'login', scope: 'product', product: 'asr', targets: 'all' };
    const splits = [
      usage,
      { by: 'cost', of: 'infrastructure', targets: ['acme'], otherwise: [{ by: 'even', targets: 'all' }] },
      { by: 'even', targets: ['acme', 'globex'] },
      { by: 'fixed', weights: { acme: '1' } },
      {
        by: 'blend',
        parts: [
          { share: '0.5', ...usage, otherwise: [{ leave: { reason: 'x' } }] },
          { share: 0, ...usage },
        ],
      },
    ];
    const actions = [
      ...splits.map((split) => ({ tier: 'top', split })),
      { assign: { tenant: 'acme', product: 'asr' } },
      { cover: { by: 'cast-ai' } },
      { hold: { reason: 'tax' } },
      { leave: { reason: 'ours' } },
    ];
    assert.deepEqual(faultsOf({ rules: actions.map((action, i) => ({ ...rule(action), id: `rule-${i}` })) }), []);
  });

  it('finds all faults at once, with their paths, and goes on past each', () => {
    const parsed = parseCatalog({
      version: 2,
      colour: 'red',
      tenants: [{ id: 'a', from: '2026-01-02', to: '2026-01-01' }, { id: 'b', aliases: ['c'], x: 1 }, { id: 'c' }],
      rules: [
        { id: 'r', match: { colour: 'x' }, assign: { tenant: 'zz', product: 'q' } },
        { id: 'r', tier: 'A', match: {}, split: { by: 'cost', of: 'B', y: 1 } },
        { id: 's', tier: 'B', from: 'monday', match: {}, split: { by: 'cost', of: 'A' } },
        { id: 't', match: {}, split: { by: 'fixed', weights: { a: '-1', 'n n': '1' } } },
      ],
    });
    assert.ok(!parsed.ok);
    assert.deepEqual(
      parsed.faults.map(({ path, message }) => `${path}: ${message}`),
      [
        'version: is not 1, the only version there is',
        'currency: is missing',
        'colour: is not known here',
        'tenants[1].x: is not known here',
        'rules[0].match.colour: is not a field to match: use source, account, subAccount, service, cluster, ' +
          'namespace, region, resource, category or tags.<key>',
        'rules[1].split.y: is not known here',
        'rules[2].from: is not a day YYYY-MM-DD: monday',
        'tenants[0].to: is 2026-01-01, not after from, 2026-01-02: to is the first day that no longer counts',
        'tenants[2].id: overlaps with tenants[1].aliases[0]: both are c on the same day',
        'rules[0].assign.tenant: names the tenant zz, which the catalog does not have',
        'rules[0].assign.product: names the product q, which the catalog does not have',
        'rules[3].split.weights.a: "-1" is below zero.',
        'rules[3].split.weights["n n"]: names the tenant n n, which the catalog does not have',
        'rules[1].id: repeats the id r of rules[0]',
        'rules: make a cycle of tiers, each waiting for the next: A -> B -> A',
      ],
    );
  });

  it('refuses what is no catalog at all', () => {
    for (const value of [null, 5, 'text', [], undefined]) {
      const parsed = parseCatalog(value);
      assert.ok(!parsed.ok);
      assert.equal(parsed.faults.length, 1);
      assert.equal(parsed.faults[0]?.path, '');
    }
    assert.deepEqual(parseCatalog(5), { ok: false, faults: [{ path: '', message: 'is not a mapping' }] });
    assert.deepEqual(parseCatalog(undefined), { ok: false, faults: [{ path: '', message: 'is missing' }] });
  });

  it('refuses lists that are none, and elements that are none', () => {
    assert.deepEqual(faultsOf({ rules: { a: 1 }, tenants: 5 }), ['tenants: is not a list', 'rules: is not a list']);
    assert.deepEqual(faultsOf({ rules: [5], expected: [null] }), [
      'expected[0]: is not a mapping',
      'rules[0]: is not a mapping',
    ]);
  });

  it('refuses nesting that no stack can hold', () => {
    const nested = (levels: number): object => (levels === 0 ? {} : { by: 'blend', parts: [nested(levels - 1)] });
    const parsed = parseCatalog({ version: 1, rules: [{ split: nested(50_000 / 100) }] });
    assert.deepEqual(parsed, { ok: false, faults: [{ path: '', message: 'is nested deeper than 32 levels' }] });
    let value: unknown = 'x';
    for (let level = 0; level < 32; level++) value = [value];
    assert.deepEqual(parseCatalog(value), { ok: false, faults: [{ path: '', message: 'is not a mapping' }] });
    assert.match(JSON.stringify(parseCatalog([value])), /nested deeper/);
  });

  it('refuses another currency than three capital letters', () => {
    for (const currency of ['usd', 'US', 'USDX', '$']) {
      assert.deepEqual(faultsOf({ currency }), ['currency: is not a currency code of three capital letters']);
    }
  });
});

describe('texts, numbers and days of a catalog', () => {
  it('a number where a text belongs is refused, since YAML has dropped its zeros by then', () => {
    assert.deepEqual(faultsOf({ expected: [{ source: 'aws', account: 123456789012 }] }), [
      'expected[0].account: is 123456789012, not text: write it in quotes',
    ]);
    assert.deepEqual(faultsOfRule({ match: { account: 12 }, leave: { reason: true } }), [
      'rules[0].match.account: is neither a text nor a list of texts with at least one',
      'rules[0].leave.reason: is true, not text: write it in quotes',
    ]);
    assert.deepEqual(faultsOf({ tenants: [{ id: ['a'] }] }), ['tenants[0].id: is not text']);
  });

  it('a decimal with a fraction must be text, a whole one need not be', () => {
    assert.deepEqual(faultsOf({ rates: [{ from: 'EUR', to: 'USD', day: '2026-01-01', rate: 1.5 }] }), [
      'rates[0].rate: is a number with a fraction: write the decimal in quotes, "1.5", so that no digit is lost',
    ]);
    assert.deepEqual(faultsOfSplit({ by: 'fixed', weights: { acme: 0.5, globex: [], initech: 3 } }), [
      'rules[0].split.weights.acme: is a number with a fraction: write the decimal in quotes, "0.5", so that no ' +
        'digit is lost',
      'rules[0].split.weights.globex: is not decimal text',
    ]);
    const parts = [{ share: 0.1, by: 'even', targets: 'all' }];
    assert.match(faultsOfSplit({ by: 'blend', parts }).join(), /parts\[0\].share: is a number with a fraction/);
  });

  it('blank ids, reasons and labels are refused', () => {
    assert.deepEqual(faultsOf({ products: [{ id: ' ' }] }), ['products[0].id: is blank']);
    assert.deepEqual(faultsOfRule({ id: '', tier: '\t', hold: { reason: '' } }), [
      'rules[0].id: is blank',
      'rules[0].tier: is blank',
      'rules[0].hold.reason: is blank',
    ]);
  });

  it('texts have a limit', () => {
    assert.deepEqual(faultsOf({ products: [{ id: 'é'.repeat(128) }] }), []);
    assert.deepEqual(faultsOf({ products: [{ id: `${'é'.repeat(128)}x` }] }), [
      'products[0].id: is longer than 256 bytes of UTF-8',
    ]);
    const match = (length: number): object => ({ match: { resource: 'x'.repeat(length) }, leave: { reason: 'x' } });
    assert.deepEqual(faultsOfRule(match(1000)), []);
    assert.deepEqual(faultsOfRule({ ...match(1), tier: 'a\0' }), [
      'rules[0].tier: contains the character U+0000, which Postgres cannot keep',
    ]);
    assert.equal(faultsOfRule(match(1001)).length, 1);
  });

  it('the name of what is unallocated can be neither id nor alias', () => {
    const message = 'is kept for what no tenant is given: __unallocated__';
    assert.deepEqual(faultsOf({ tenants: [{ id: '__unallocated__' }, { id: 'a', aliases: ['__unallocated__'] }] }), [
      `tenants[0].id: ${message}`,
      `tenants[1].aliases[0]: ${message}`,
    ]);
  });

  it('days must be of the calendar', () => {
    assert.deepEqual(faultsOf({ products: [{ id: 'a', from: '2026-02-30', to: 20260301 }] }), [
      'products[0].from: is not a day YYYY-MM-DD: 2026-02-30',
      'products[0].to: is 20260301, not text: write it in quotes',
    ]);
  });

  it('to must be after from, for everything that has dates', () => {
    const dates = { from: '2026-01-01', to: '2026-01-01' };
    const message = 'is 2026-01-01, not after from, 2026-01-01: to is the first day that no longer counts';
    assert.deepEqual(
      faultsOf({
        products: [{ id: 'a', ...dates }],
        tenants: [{ id: 'b', ...dates }],
        expected: [{ source: 'c', account: 'd', ...dates }],
        rules: [{ ...rule({ leave: { reason: 'x' } }), ...dates }],
      }),
      ['products[0].to', 'tenants[0].to', 'expected[0].to', 'rules[0].to'].map((path) => `${path}: ${message}`),
    );
    assert.deepEqual(faultsOf({ products: [{ id: 'a', from: '2026-01-01', to: '2026-01-02' }] }), []);
  });
});

describe('ids that overlap', () => {
  const first = { from: '2026-01-01', to: '2026-02-01' };
  const second = { from: '2026-02-01' };
  const inside = { from: '2026-01-31', to: '2026-03-01' };

  it('two tenants of one id may follow one another but not overlap', () => {
    assert.deepEqual(
      faultsOf({
        tenants: [
          { id: 'a', ...second },
          { id: 'a', ...first },
        ],
      }),
      [],
    );
    assert.deepEqual(
      faultsOf({
        tenants: [
          { id: 'a', ...inside },
          { id: 'a', ...first },
        ],
      }),
      ['tenants[0].id: overlaps with tenants[1].id: both are a on the same day'],
    );
    assert.deepEqual(faultsOf({ tenants: [{ id: 'a' }, { id: 'a' }, { id: 'a', ...first }] }), [
      'tenants[1].id: overlaps with tenants[0].id: both are a on the same day',
      'tenants[2].id: overlaps with tenants[0].id: both are a on the same day',
    ]);
  });

  it('one long period overlaps with all that it reaches, also behind a short one', () => {
    const long = { id: 'a', from: '2026-01-01', to: '2027-01-01' };
    const short = { id: 'a', from: '2026-02-01', to: '2026-03-01' };
    const late = { id: 'a', from: '2026-06-01' };
    assert.deepEqual(faultsOf({ tenants: [long, short, late] }), [
      'tenants[1].id: overlaps with tenants[0].id: both are a on the same day',
      'tenants[2].id: overlaps with tenants[0].id: both are a on the same day',
    ]);
    const spring = { id: 'a', from: '2026-03-01', to: '2026-07-01' };
    assert.deepEqual(faultsOf({ tenants: [short, spring, late] }), [
      'tenants[2].id: overlaps with tenants[1].id: both are a on the same day',
    ]);
  });

  it('an id may become an alias once its own period is over, not before', () => {
    const retired = { id: 'old', to: '2026-02-01' };
    assert.deepEqual(faultsOf({ tenants: [retired, { id: 'new', aliases: ['old'], ...second }] }), []);
    assert.deepEqual(faultsOf({ tenants: [retired, { id: 'new', aliases: ['old'], from: '2026-01-31' }] }), [
      'tenants[1].aliases[0]: overlaps with tenants[0].id: both are old on the same day',
    ]);
  });

  it('two tenants may not share an alias or an Auth0 organization on one day', () => {
    const shared = { aliases: ['x'], auth0Organizations: ['org'] };
    assert.deepEqual(
      faultsOf({
        tenants: [
          { id: 'a', ...shared },
          { id: 'b', ...shared },
        ],
      }),
      [
        'tenants[1].aliases[0]: overlaps with tenants[0].aliases[0]: both are x on the same day',
        'tenants[1].auth0Organizations[0]: overlaps with tenants[0].auth0Organizations[0]: both are org on the same day',
      ],
    );
    assert.deepEqual(
      faultsOf({
        tenants: [
          { id: 'a', ...first, ...shared },
          { id: 'b', ...second, ...shared },
        ],
      }),
      [],
    );
  });

  it('products and expected sources may not stand twice for one day', () => {
    const expected = { source: 'aws', account: '1' };
    assert.deepEqual(faultsOf({ products: [{ id: 'p' }, { id: 'p' }], expected: [expected, expected] }), [
      'products[1].id: overlaps with products[0].id: both are p on the same day',
      'expected[1].account: overlaps with expected[0].account: both are aws 1 on the same day',
    ]);
    assert.deepEqual(
      faultsOf({
        expected: [
          { ...expected, ...first },
          { ...expected, ...second },
        ],
      }),
      [],
    );
  });

  it('elements whose dates cannot be read or are out of order are not said to overlap', () => {
    assert.equal(faultsOf({ products: [{ id: 'p', from: 'x' }, { id: 'p' }] }).length, 1);
    assert.equal(faultsOf({ products: [{ id: 'p', from: '2026-02-01', to: '2026-01-01' }, { id: 'p' }] }).length, 1);
    assert.equal(faultsOf({ products: [{ id: 'p', x: 1 }, { id: 'p' }] }).length, 2);
    assert.equal(faultsOf({ products: [{ id: 'p', x: 1, from: 'y' }, { id: 'p' }] }).length, 2);
  });
});

describe('rates', () => {
  const rate = { from: 'EUR', to: 'USD', day: '2026-01-01', rate: '1.1' };

  it('must be above zero, decimal, between two currencies, and one per day', () => {
    assert.deepEqual(
      faultsOf({
        rates: [
          { ...rate, rate: '0' },
          { ...rate, day: '2026-01-02', rate: '-1' },
          { ...rate, day: '2026-01-03', rate: 'x' },
          { ...rate, from: 'USD' },
          rate,
        ],
      }),
      [
        'rates[0].rate: is 0, not above zero',
        'rates[1].rate: is -1, not above zero',
        'rates[2].rate: "x" is not decimal text such as "12.5".',
        'rates[3].to: is USD, the same as from',
        'rates[4]: repeats rates[0]: both are the rate EUR to USD of 2026-01-01',
      ],
    );
  });

  it('may have more than 12 decimals', () => {
    assert.deepEqual(faultsOf({ rates: [{ ...rate, rate: '1.12345678901234567890' }] }), []);
  });
});

describe('rules', () => {
  it('have exactly one action', () => {
    const message = 'rules[0]: needs exactly one of assign, split, cover, hold, leave; it has';
    assert.deepEqual(faultsOfRule({}), [`${message} none`]);
    assert.deepEqual(faultsOfRule({ hold: { reason: 'x' }, leave: { reason: 'x' } }), [`${message} hold and leave`]);
  });

  it('must say what they match', () => {
    assert.deepEqual(faultsOf({ rules: [{ id: 'a', leave: { reason: 'x' } }] }), ['rules[0].match: is missing']);
    assert.deepEqual(
      faultsOfRule({ match: { source: [], 'tags.': 'x', 'tags.a b': 'y' }, leave: { reason: 'x' } }),
      [
        'rules[0].match["tags."]: is not a field to match: use source, account, subAccount, service, cluster, ' +
          'namespace, region, resource, category or tags.<key>',
        'rules[0].match.source: needs at least one element',
      ].reverse(),
    );
  });

  it('name only tenants and products that the catalog has, wherever they stand', () => {
    const split = {
      by: 'blend',
      parts: [
        { share: 1, by: 'usage', meter: 'm', scope: 'platform', product: 'p1', targets: ['acme', 't1'] },
        { share: 1, by: 'cost', of: 'x', targets: ['t2'], otherwise: [{ by: 'even', targets: ['t3'] }] },
      ],
    };
    assert.deepEqual(faultsOfSplit(split), [
      'rules[0].split.parts[0].targets[1]: names the tenant t1, which the catalog does not have',
      'rules[0].split.parts[0].product: names the product p1, which the catalog does not have',
      'rules[0].split.parts[1].targets[0]: names the tenant t2, which the catalog does not have',
      'rules[0].split.parts[1].otherwise[0].targets[0]: names the tenant t3, which the catalog does not have',
    ]);
  });

  it('may name a tenant or product of any date, also one that has a fault of its own', () => {
    const fields = {
      products: [{ id: 'asr', to: '2020-01-01' }],
      tenants: [{ id: 'acme', to: '2020-01-01' }, { id: 'globex', aliases: 5 }, { name: 'nobody' }, 7],
      rules: [
        rule({ assign: { tenant: 'acme', product: 'asr' } }),
        { ...rule({ assign: { tenant: 'globex' } }), id: 'b' },
      ],
    };
    assert.deepEqual(faultsOf(fields), [
      'tenants[1].aliases: is not a list',
      'tenants[2].id: is missing',
      'tenants[3]: is not a mapping',
    ]);
  });

  it('do not name an alias', () => {
    const fields = { tenants: [{ id: 'a', aliases: ['b'] }], rules: [rule({ assign: { tenant: 'b' } })] };
    assert.deepEqual(faultsOf(fields), ['rules[0].assign.tenant: names the tenant b, which the catalog does not have']);
  });

  it('list a target once', () => {
    assert.deepEqual(faultsOfSplit({ by: 'even', targets: ['acme', 'globex', 'acme'] }), [
      'rules[0].split.targets[2]: repeats acme',
    ]);
    assert.deepEqual(faultsOfSplit({ by: 'even', targets: [] }), [
      'rules[0].split.targets: needs at least one element',
    ]);
  });

  it('take all or a list as targets', () => {
    assert.deepEqual(faultsOfSplit({ by: 'even', targets: 'acme' }), [
      'rules[0].split.targets: is neither "all" nor a list of tenant ids with at least one',
    ]);
  });

  it('with the scope product name the product', () => {
    assert.deepEqual(faultsOfSplit({ by: 'usage', meter: 'm', scope: 'product' }), [
      'rules[0].split.product: is missing: the scope product needs it',
    ]);
    assert.deepEqual(faultsOfSplit({ by: 'usage', meter: 'm', scope: 'cluster' }), [
      'rules[0].split.scope: is not one of namespace, product, platform',
    ]);
  });

  it('do not split by a meter of refused lines', () => {
    assert.deepEqual(faultsOfSplit({ by: 'usage', meter: 'late', scope: 'platform' }), [
      'rules[0].split.meter: is late, which counts refused lines and carries no usage',
    ]);
  });

  it('have weights and shares of at most 12 decimals, not below zero, and some share', () => {
    const even = { by: 'even', targets: 'all' };
    assert.deepEqual(faultsOfSplit({ by: 'fixed', weights: { acme: 'x', globex: '0.0000000000001' } }), [
      'rules[0].split.weights.acme: "x" is not decimal text such as "12.5".',
      'rules[0].split.weights.globex: "0.0000000000001" has more than 12 decimals.',
    ]);
    assert.deepEqual(faultsOfSplit({ by: 'fixed', weights: 5 }), ['rules[0].split.weights: is not a mapping']);
    assert.deepEqual(faultsOfRule({ match: [], split: { by: 'even', targets: 'all' } }), [
      'rules[0].match: is not a mapping',
    ]);
    assert.deepEqual(faultsOfSplit({ by: 'fixed', weights: {} }), ['rules[0].split.weights: names no tenant']);
    assert.deepEqual(
      faultsOfSplit({
        by: 'blend',
        parts: [
          { share: '-1', ...even },
          { share: '1', ...even },
        ],
      }),
      ['rules[0].split.parts[0].share: "-1" is below zero.'],
    );
    assert.deepEqual(
      faultsOfSplit({
        by: 'blend',
        parts: [
          { share: '0', ...even },
          { share: '0.0', ...even },
        ],
      }),
      ['rules[0].split.parts: has no share above zero'],
    );
    assert.deepEqual(faultsOfSplit({ by: 'blend', parts: [] }), ['rules[0].split.parts: needs at least one element']);
    assert.deepEqual(faultsOfSplit({ by: 'blend', parts: [even] }), ['rules[0].split.parts[0].share: is missing']);
  });

  it('say what is wrong in the fallback that was meant', () => {
    const usage = { by: 'usage', meter: 'm', scope: 'platform' };
    const otherwise = [{ by: 'even' }, { leave: {} }, { by: 'chance' }, {}, 'leave', { ...usage, x: 1 }];
    assert.deepEqual(faultsOfSplit({ ...usage, otherwise }), [
      'rules[0].split.otherwise[0].targets: is missing',
      'rules[0].split.otherwise[1].leave.reason: is missing',
      'rules[0].split.otherwise[2].by: is not one of usage, cost, even, fixed, blend',
      'rules[0].split.otherwise[3].by: is missing',
      'rules[0].split.otherwise[4]: is not a mapping',
      'rules[0].split.otherwise[5].x: is not known here',
    ]);
    assert.deepEqual(faultsOfSplit({ ...usage, otherwise: [] }), [
      'rules[0].split.otherwise: needs at least one element',
    ]);
    assert.deepEqual(faultsOfSplit({ by: 'even', targets: 'all', otherwise: [usage] }), [
      'rules[0].split.otherwise: is not known here',
    ]);
  });

  it('have nothing behind leave', () => {
    const leave = { leave: { reason: 'x' } };
    const even = { by: 'even', targets: 'all' };
    const split = { by: 'cost', of: 'x', otherwise: [leave, even] };
    assert.deepEqual(faultsOfSplit(split), [
      'rules[0].split.otherwise[1]: is never reached: leave takes everything before it',
    ]);
    assert.equal(faultsOfSplit({ by: 'usage', meter: 'm', scope: 'platform', otherwise: [leave, leave] }).length, 1);
    assert.deepEqual(faultsOfSplit({ ...split, otherwise: [even, leave] }), []);
  });

  it('have ids that are unique over all dates', () => {
    const early = rule({ leave: { reason: 'x' }, to: '2026-01-01' });
    const late = rule({ leave: { reason: 'x' }, from: '2026-01-01' });
    assert.deepEqual(faultsOf({ rules: [early, late, late] }), [
      'rules[1].id: repeats the id rule of rules[0]',
      'rules[2].id: repeats the id rule of rules[0]',
    ]);
  });
});

describe('cycles between tiers', () => {
  const cycle = (...tiers: string[]): string =>
    `rules: make a cycle of tiers, each waiting for the next: ${tiers.join(' -> ')}`;
  const byCost = (id: string, tier: string | undefined, of: string, fields: object = {}): object => ({
    id,
    ...(tier !== undefined && { tier }),
    match: {},
    split: { by: 'cost', of },
    ...fields,
  });

  it('are refused and named, of any length', () => {
    assert.deepEqual(faultsOf({ rules: [byCost('a', 'A', 'A')] }), [cycle('A', 'A')]);
    assert.deepEqual(faultsOf({ rules: [byCost('a', 'A', 'B'), byCost('b', 'B', 'C'), byCost('c', 'C', 'A')] }), [
      cycle('A', 'B', 'C', 'A'),
    ]);
    assert.deepEqual(faultsOf({ rules: [byCost('z', 'Z', 'A'), byCost('a', 'A', 'B'), byCost('b', 'B', 'A')] }), [
      cycle('A', 'B', 'A'),
    ]);
  });

  it('count the default tiers', () => {
    assert.deepEqual(faultsOf({ rules: [byCost('a', undefined, 'external')] }), [cycle('external', 'external')]);
    assert.deepEqual(faultsOf({ rules: [byCost('a', undefined, 'infrastructure')] }), []);
  });

  it('count rules whose dates never meet', () => {
    const rules = [byCost('a', 'A', 'B', { to: '2026-01-01' }), byCost('b', 'B', 'A', { from: '2026-01-01' })];
    assert.deepEqual(faultsOf({ rules }), [cycle('A', 'B', 'A')]);
  });

  it('count what stands in fallbacks and blend parts', () => {
    const otherwise = [{ by: 'cost', of: 'infrastructure' }];
    const usage = { by: 'usage', meter: 'm', scope: 'platform', otherwise };
    assert.deepEqual(faultsOfSplit(usage), [cycle('infrastructure', 'infrastructure')]);
    const parts = [
      { share: 1, by: 'even', targets: 'all' },
      { share: 0, by: 'cost', of: 'external' },
    ];
    assert.deepEqual(faultsOfSplit({ by: 'blend', parts }), [cycle('external', 'external')]);
  });

  it('are not made by two ways to one base, nor by a tier that no rule has', () => {
    const rules = [
      byCost('a', 'A', 'B'),
      byCost('b', 'A', 'C'),
      byCost('c', 'B', 'D'),
      byCost('d', 'C', 'D'),
      byCost('e', 'D', 'nowhere'),
    ];
    assert.deepEqual(faultsOf({ rules }), []);
  });
});

describe('the canonical text of a catalog', () => {
  const fields = { tenants: [{ id: 'b' }, { id: 'a', to: '2026-01-01' }], rules: [rule({ assign: { tenant: 'a' } })] };

  it('is key-sorted JSON that is read back as the same catalog', () => {
    const text = canonicalCatalogText(catalog({ ...fields, products: [] }));
    assert.equal(
      text,
      '{"currency":"USD","expected":[],"products":[],"rates":[],' +
        '"rules":[{"assign":{"tenant":"a"},"id":"rule","match":{}}],' +
        '"tenants":[{"aliases":[],"auth0Organizations":[],"id":"b","name":"b"},' +
        '{"aliases":[],"auth0Organizations":[],"id":"a","name":"a","to":"2026-01-01"}],"version":1}',
    );
    assert.deepEqual(parseCatalog(JSON.parse(text)), { ok: true, catalog: catalog({ ...fields, products: [] }) });
  });

  it('has a digest that does not depend on the order of keys', () => {
    const value = catalog(fields);
    assert.equal(catalogDigest(value), sha256(canonicalCatalogText(value)));
    const turned = Object.fromEntries(Object.entries(value).reverse());
    assert.equal(catalogDigest({ ...value, ...turned }), catalogDigest(value));
    assert.notEqual(catalogDigest(catalog({})), catalogDigest(value));
  });
});
