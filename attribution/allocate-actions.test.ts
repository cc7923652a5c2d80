/** Every action and every fallback, worked out by hand. A charge is 10 unless a test says otherwise. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allocate, line, linesOf, linesOfCharge, report, total } from './testing/build.ts';

const used = (tenant: string, quantity: bigint, fields = {}): ReturnType<typeof total> =>
  total({ tenant, quantity, ...fields });

describe('assign', () => {
  it('gives the whole charge to the tenant and product', () => {
    assert.deepEqual(linesOfCharge({ assign: { tenant: 'acme', product: 'asr' } }), ['acme asr dedicated - - 10 10 -']);
    assert.deepEqual(linesOfCharge({ assign: { tenant: 'acme' } }, [], { billed: '-3', effective: '2' }), [
      'acme - dedicated - - -3 2 -',
    ]);
  });

  it('keeps the line of a charge of nothing', () => {
    assert.deepEqual(linesOfCharge({ assign: { tenant: 'acme' } }, [], { billed: '0' }), [
      'acme - dedicated - - 0 0 -',
    ]);
  });

  it('leaves the charge of a tenant that is not valid on the day unallocated, with product, tier and rule', () => {
    const fields = { tenants: [{ id: 'acme', to: '2026-11-20' }] };
    const action = { tier: 'gold', assign: { tenant: 'acme', product: 'asr' } };
    assert.deepEqual(linesOfCharge(action, [], undefined, fields), [
      '__unallocated__ asr dedicated - - 10 10 unknown_tenant',
    ]);
    const rules = [{ id: 'rule', match: {}, ...action }];
    const { documents } = allocate({ ...fields, rules }, { reports: [report({ lines: [line({ billed: '1' })] })] });
    assert.deepEqual([documents[0]?.lines[0]?.tier, documents[0]?.lines[0]?.ruleId], ['gold', 'rule']);
  });

  it('does not take an alias for the tenant', () => {
    const tenants = [
      { id: 'acme', to: '2026-01-01' },
      { id: 'globex', from: '2026-01-01', aliases: ['acme'] },
    ];
    assert.deepEqual(linesOfCharge({ assign: { tenant: 'acme' } }, [], undefined, { tenants }), [
      '__unallocated__ - dedicated - - 10 10 unknown_tenant',
    ]);
  });
});

describe('split by usage', () => {
  const split = { by: 'usage', meter: 'login', scope: 'platform' };

  it('is proportional to usage, the unit left over to the largest remainder', () => {
    const totals = [used('acme', 1n), used('globex', 2n), used('initech', 4n)];
    assert.deepEqual(linesOfCharge({ split }, totals, { billed: '0.0000000001', effective: '-0.0000000001' }), [
      'acme - usage login@platform 1/7 0.000000000014 -0.000000000014 -',
      'globex - usage login@platform 2/7 0.000000000029 -0.000000000029 -',
      'initech - usage login@platform 4/7 0.000000000057 -0.000000000057 -',
    ]);
  });

  it('serves equal remainders by tenant, then product', () => {
    const totals = [used('globex', 1n), used('acme', 1n, { product: 'bot' }), used('acme', 1n, { product: 'asr' })];
    assert.deepEqual(linesOfCharge({ split }, totals, { billed: '0.000000000002' }), [
      'acme asr usage login@platform 1/3 0.000000000001 0.000000000001 -',
      'acme bot usage login@platform 1/3 0.000000000001 0.000000000001 -',
      'globex - usage login@platform 1/3 0 0 -',
    ]);
  });

  it('keeps a zero result for who used something, and drops who used nothing', () => {
    const totals = [used('acme', 1n), used('globex', 0n)];
    assert.deepEqual(linesOfCharge({ split }, totals, { billed: '0' }), ['acme - usage login@platform 1/1 0 0 -']);
  });

  it('splits billed and effective apart', () => {
    const totals = [used('acme', 1n), used('globex', 2n)];
    assert.deepEqual(linesOfCharge({ split }, totals, { billed: '3', effective: '0.000000000001' }), [
      'acme - usage login@platform 1/3 1 0 -',
      'globex - usage login@platform 2/3 2 0.000000000001 -',
    ]);
  });

  it('adds up the keys of a tenant, its aliases and its partitions before the split', () => {
    const tenants = [{ id: 'acme', aliases: ['acme-prod'] }, { id: 'globex' }];
    const totals = [
      used('acme', 1n),
      used('acme', 1n, { partition: 1 }),
      used('acme-prod', 2n, { cluster: 'elsewhere' }),
      used('globex', 4n),
    ];
    assert.deepEqual(linesOfCharge({ split }, totals, undefined, { tenants }), [
      'acme - usage login@platform 4/8 5 5 -',
      'globex - usage login@platform 4/8 5 5 -',
    ]);
  });

  it('keeps unknown ids as one target per product, so that others do not pay for them', () => {
    const totals = [
      used('acme', 5n),
      used('nobody', 2n, { product: 'asr' }),
      used('', 1n, { product: 'asr' }),
      used('__unallocated__', 2n),
    ];
    assert.deepEqual(linesOfCharge({ split }, totals), [
      '__unallocated__ - usage login@platform 2/10 2 2 unknown_tenant',
      '__unallocated__ asr usage login@platform 3/10 3 3 unknown_tenant',
      'acme - usage login@platform 5/10 5 5 -',
    ]);
  });

  it('takes only the meter it names, and no refused lines', () => {
    const totals = [
      used('acme', 1n),
      used('globex', 5n, { meter: 'bytes' }),
      used('globex', 7n, { meter: 'late', refusedMeter: 'login' }),
    ];
    assert.deepEqual(linesOfCharge({ split }, totals), ['acme - usage login@platform 1/1 10 10 -']);
  });

  it('takes no call from the record of a refused one', () => {
    const refused = { meter: 'late', refusedMeter: 'call_duration', identity: 'gw/1', callCount: 1 };
    assert.deepEqual(linesOfCharge({ split: { ...split, meter: 'call_count' } }, [used('acme', 0n, refused)]), [
      '__unallocated__ - usage call_count@platform - 10 10 no_usage',
    ]);
  });

  it('takes call_count from the call counts of call_duration', () => {
    const call = { meter: 'call_duration' };
    const totals = [used('acme', 900n, { ...call, callCount: 1 }), used('globex', 100n, { ...call, callCount: 3 })];
    assert.deepEqual(linesOfCharge({ split: { ...split, meter: 'call_count' } }, totals), [
      'acme - usage call_count@platform 1/4 2.5 2.5 -',
      'globex - usage call_count@platform 3/4 7.5 7.5 -',
    ]);
    assert.deepEqual(linesOfCharge({ split: { ...split, meter: 'call_duration' } }, totals), [
      'acme - usage call_duration@platform 900/1000 9 9 -',
      'globex - usage call_duration@platform 100/1000 1 1 -',
    ]);
  });

  describe('scope: namespace', () => {
    const byNamespace = { by: 'usage', meter: 'login', scope: 'namespace' };
    const totals = [
      used('acme', 1n, { cluster: 'c1', namespace: 'n' }),
      used('globex', 1n, { cluster: 'c1', namespace: 'm' }),
      used('globex', 1n, { cluster: 'c2', namespace: 'n' }),
      used('initech', 1n),
    ];

    it("takes the usage of the charge's cluster and namespace", () => {
      const charge = { billed: '10', cluster: 'c1', namespace: 'n' };
      assert.deepEqual(linesOfCharge({ split: byNamespace }, totals, charge), [
        'acme - usage login@namespace 1/1 10 10 -',
      ]);
    });

    it('takes the usage without cluster and namespace for a charge without them', () => {
      assert.deepEqual(linesOfCharge({ split: byNamespace }, totals), ['initech - usage login@namespace 1/1 10 10 -']);
    });

    it('tells two charges of one rule apart by their namespace', () => {
      const lines = ['n', 'm'].map((namespace) => line({ billed: '1', cluster: 'c1', namespace }));
      const rules = [{ id: 'rule', match: {}, split: byNamespace }];
      assert.deepEqual(linesOf(allocate({ rules }, { reports: [report({ lines })], totals })), [
        'acme - usage login@namespace 1/1 1 1 -',
        'globex - usage login@namespace 1/1 1 1 -',
      ]);
    });
  });

  it('scope: product takes the usage of that product, wherever it was', () => {
    const totals = [
      used('acme', 1n, { product: 'asr', cluster: 'c1' }),
      used('acme', 2n, { product: 'asr', cluster: 'c2' }),
      used('globex', 1n, { product: 'asr' }),
      used('globex', 9n, { product: 'bot' }),
      used('initech', 9n),
    ];
    assert.deepEqual(linesOfCharge({ split: { ...split, scope: 'product', product: 'asr' } }, totals), [
      'acme asr usage login@product 3/4 7.5 7.5 -',
      'globex asr usage login@product 1/4 2.5 2.5 -',
    ]);
  });

  it('a product in the other scopes replaces the product of the usage, and pairs merge', () => {
    const totals = [
      used('acme', 1n, { product: 'asr' }),
      used('acme', 2n),
      used('globex', 1n, { product: 'unheard' }),
      used('nobody', 1n, { product: 'asr' }),
    ];
    assert.deepEqual(linesOfCharge({ split: { ...split, product: 'bot' } }, totals), [
      '__unallocated__ bot usage login@platform 1/5 2 2 unknown_tenant',
      'acme bot usage login@platform 3/5 6 6 -',
      'globex bot usage login@platform 1/5 2 2 -',
    ]);
  });

  it('targets: the listed tenants pay all, and unknown ids nothing', () => {
    const totals = [used('acme', 1n), used('globex', 1n), used('initech', 5n), used('nobody', 5n)];
    assert.deepEqual(linesOfCharge({ split: { ...split, targets: ['acme', 'globex'] } }, totals), [
      'acme - usage login@platform 1/2 5 5 -',
      'globex - usage login@platform 1/2 5 5 -',
    ]);
  });

  it('targets: all excludes nobody', () => {
    const totals = [used('acme', 1n), used('nobody', 1n)];
    assert.deepEqual(linesOfCharge({ split: { ...split, targets: 'all' } }, totals), [
      '__unallocated__ - usage login@platform 1/2 5 5 unknown_tenant',
      'acme - usage login@platform 1/2 5 5 -',
    ]);
  });

  it('targets that are not valid on the day are skipped, and the rest share the whole', () => {
    const tenants = [{ id: 'acme' }, { id: 'globex', from: '2026-11-21' }];
    const totals = [used('acme', 1n), used('globex', 3n)];
    assert.deepEqual(
      linesOfCharge({ split: { ...split, targets: ['acme', 'globex'] } }, totals, undefined, { tenants }),
      ['acme - usage login@platform 1/1 10 10 -'],
    );
  });

  it('two splits that differ only in targets, product, meter or scope do not share weights', () => {
    const variants = [
      { ...split },
      { ...split, targets: ['acme'] },
      { ...split, targets: ['globex'] },
      { ...split, product: 'bot' },
      { ...split, meter: 'bytes' },
      { ...split, scope: 'namespace' },
    ];
    const rules = variants.map((it, i) => ({ id: `rule-${i}`, match: { service: `s${i}` }, split: it }));
    const lines = variants.map((_, i) => line({ billed: '1', service: `s${i}`, cluster: 'c' }));
    const totals = [
      used('acme', 1n),
      used('globex', 1n),
      used('acme', 1n, { meter: 'bytes' }),
      used('initech', 2n, { cluster: 'c' }),
    ];
    const { documents } = allocate({ rules }, { reports: [report({ lines })], totals });
    const shares = documents.flatMap(({ tenant, lines }) =>
      lines.map((it) => `${it.service} ${tenant} ${it.product} ${it.weight}/${it.totalWeight}`),
    );
    assert.deepEqual(shares.sort(), [
      's0 acme  1/4',
      's0 globex  1/4',
      's0 initech  2/4',
      's1 acme  1/1',
      's2 globex  1/1',
      's3 acme bot 1/4',
      's3 globex bot 1/4',
      's3 initech bot 2/4',
      's4 acme  1/1',
      's5 initech  2/2',
    ]);
  });

  it('gives up with no_usage when nobody used anything', () => {
    const nothing = '__unallocated__ - usage login@platform - 10 10 no_usage';
    assert.deepEqual(linesOfCharge({ split }), [nothing]);
    assert.deepEqual(linesOfCharge({ split }, [used('acme', 0n)]), [nothing]);
    assert.deepEqual(linesOfCharge({ split }, [], { billed: '0' }), [
      '__unallocated__ - usage login@platform - 0 0 no_usage',
    ]);
  });
});

describe('split by cost', () => {
  const rules = [
    { id: 'a', match: { service: 'a' }, tier: 'base', assign: { tenant: 'acme', product: 'asr' } },
    { id: 'g', match: { service: 'g' }, tier: 'base', assign: { tenant: 'globex' } },
    { id: 'i', match: { service: 'i' }, tier: 'base', assign: { tenant: 'initech' } },
    { id: 'gone', match: { service: 'gone' }, tier: 'base', leave: { reason: 'gone' } },
    { id: 'other', match: { service: 'other' }, tier: 'elsewhere', assign: { tenant: 'initech' } },
  ];
  const external = { id: 'x', match: { service: 'x' }, split: { by: 'cost', of: 'base' } };
  const outcome = (charges: Record<string, string>, rule: object = external): ReturnType<typeof allocate> => {
    const lines = Object.entries(charges).map(([service, billed]) => line({ service, billed, effective: '7' }));
    return allocate({ rules: [...rules, rule] }, { reports: [report({ lines })] });
  };
  const split = (charges: Record<string, string>, rule?: object): string[] =>
    linesOf(outcome(charges, rule)).filter((text) => !text.includes('dedicated') && !text.includes(' gone'));

  it('is proportional to the billed amounts of the tier, for effective too, and keeps the pairs', () => {
    assert.deepEqual(split({ a: '1', g: '3', x: '10', other: '50' }), [
      'acme asr cost cost:base 1000000000000/4000000000000 2.5 1.75 -',
      'globex - cost cost:base 3000000000000/4000000000000 7.5 5.25 -',
    ]);
  });

  it('never takes what is unallocated as a base', () => {
    assert.deepEqual(split({ a: '1', gone: '9', x: '10' }), [
      'acme asr cost cost:base 1000000000000/1000000000000 10 7 -',
    ]);
  });

  it('counts a net below zero as nothing and lists it on the statement', () => {
    const charges = { a: '1', g: '-3', x: '10' };
    assert.deepEqual(split(charges), ['acme asr cost cost:base 1000000000000/1000000000000 10 7 -']);
    assert.deepEqual(outcome(charges).statements[0]?.negativeBases, [
      { tier: 'base', tenant: 'globex', product: '', billed: -3_000_000_000_000n },
    ]);
  });

  it('lists no negative base of a tier that nothing is split by', () => {
    assert.deepEqual(outcome({ g: '-3' }).statements[0]?.negativeBases, []);
    assert.deepEqual(outcome({ x: '1', other: '-3' }).statements[0]?.negativeBases, []);
  });

  it('lists negative bases by tier, tenant and product, those that targets leave out too', () => {
    const two = {
      id: 'x',
      match: { service: ['x'] },
      split: {
        by: 'cost',
        of: 'elsewhere',
        targets: ['acme'],
        otherwise: [{ by: 'cost', of: 'base', targets: ['acme'] }],
      },
    };
    const { statements } = outcome({ g: '-3', a: '-1', i: '0', other: '-2', x: '1' }, two);
    assert.deepEqual(
      statements[0]?.negativeBases.map(({ tier, tenant, product }) => `${tier} ${tenant} ${product}`),
      ['base acme asr', 'base globex ', 'elsewhere initech '],
    );
  });

  it('nets the charges of a pair over the tier', () => {
    const lines = [
      line({ service: 'a', billed: '5' }),
      line({ service: 'a', billed: '-4', category: 'Credit' }),
      line({ service: 'g', billed: '1' }),
      line({ service: 'x', billed: '8' }),
    ];
    const given = linesOf(allocate({ rules: [...rules, external] }, { reports: [report({ lines })] }));
    assert.deepEqual(
      given.filter((text) => text.includes('cost:base')),
      [
        'acme asr cost cost:base 1000000000000/2000000000000 4 4 -',
        'globex - cost cost:base 1000000000000/2000000000000 4 4 -',
      ],
    );
  });

  it('targets: the listed tenants pay all', () => {
    const listed = { ...external, split: { by: 'cost', of: 'base', targets: ['globex', 'initech'] } };
    assert.deepEqual(split({ a: '1', g: '3', i: '1', x: '10' }, listed), [
      'globex - cost cost:base 3000000000000/4000000000000 7.5 5.25 -',
      'initech - cost cost:base 1000000000000/4000000000000 2.5 1.75 -',
    ]);
  });

  it('two splits of one tier with other targets do not share weights', () => {
    const two = ['acme', 'globex'].map((tenant) => ({
      id: `x-${tenant}`,
      match: { service: `x-${tenant}` },
      split: { by: 'cost', of: 'base', targets: [tenant] },
    }));
    const lines = ['a', 'g', 'x-acme', 'x-globex'].map((service) => line({ service, billed: '1' }));
    const given = linesOf(allocate({ rules: [...rules, ...two] }, { reports: [report({ lines })] }));
    assert.deepEqual(
      given.filter((text) => text.includes('cost:')),
      [
        'acme asr cost cost:base 1000000000000/1000000000000 1 1 -',
        'globex - cost cost:base 1000000000000/1000000000000 1 1 -',
      ],
    );
  });

  it('gives up with no_base when the tier gave nothing, and when no rule has the tier', () => {
    assert.deepEqual(split({ x: '10' }), ['__unallocated__ - cost cost:base - 10 7 no_base']);
    assert.deepEqual(split({ a: '0', g: '-1', x: '10' }), ['__unallocated__ - cost cost:base - 10 7 no_base']);
    assert.deepEqual(split({ x: '10' }, { ...external, split: { by: 'cost', of: 'nowhere' } }), [
      '__unallocated__ - cost cost:nowhere - 10 7 no_base',
    ]);
  });

  it('chains: a tier split by another is a base in turn, whatever the order of the rules', () => {
    const chain = [
      { id: 'top', match: { service: 'top' }, tier: 'top', split: { by: 'cost', of: 'middle' } },
      { id: 'middle', match: { service: 'middle' }, tier: 'middle', split: { by: 'cost', of: 'base' } },
      ...rules,
    ];
    const lines = [
      line({ service: 'top', billed: '16' }),
      line({ service: 'middle', billed: '8' }),
      line({ service: 'a', billed: '1' }),
      line({ service: 'g', billed: '3' }),
    ];
    const given = linesOf(allocate({ rules: chain }, { reports: [report({ lines })] }));
    assert.deepEqual(
      given.filter((text) => text.includes('cost:')),
      [
        'acme asr cost cost:base 1000000000000/4000000000000 2 2 -',
        'acme asr cost cost:middle 2000000000000/8000000000000 4 4 -',
        'globex - cost cost:base 3000000000000/4000000000000 6 6 -',
        'globex - cost cost:middle 6000000000000/8000000000000 12 12 -',
      ],
    );
  });

  it('takes the default tiers: infrastructure for assign and usage, external for the rest', () => {
    const withDefaults = [
      { id: 'own', match: { service: 'own' }, assign: { tenant: 'acme' } },
      { id: 'used', match: { service: 'used' }, split: { by: 'usage', meter: 'login', scope: 'platform' } },
      { id: 'shared', match: { service: 'shared' }, split: { by: 'even', targets: ['initech'] } },
      { id: 'x', match: { service: 'x' }, split: { by: 'cost', of: 'infrastructure' } },
      { id: 'y', match: { service: 'y' }, tier: 'last', split: { by: 'cost', of: 'external' } },
    ];
    const lines = ['own', 'used', 'shared', 'x', 'y'].map((service) => line({ service, billed: '2' }));
    const { documents } = allocate(
      { rules: withDefaults },
      { reports: [report({ lines })], totals: [used('globex', 1n)] },
    );
    const shares = documents.flatMap(({ tenant, lines: own }) =>
      own.map((it) => `${it.service} ${it.tier} ${tenant} ${it.weight}`),
    );
    assert.deepEqual(shares.sort(), [
      'own infrastructure acme ',
      'shared external initech 1',
      'used infrastructure globex 1',
      'x external acme 2000000000000',
      'x external globex 2000000000000',
      'y last acme 1000000000000',
      'y last globex 1000000000000',
      'y last initech 2000000000000',
    ]);
  });
});

describe('split even', () => {
  it('gives equal parts to every tenant valid on the day', () => {
    const tenants = [
      { id: 'a' },
      { id: 'b', from: '2026-11-20' },
      { id: 'c', to: '2026-11-20' },
      { id: 'd', to: '2026-11-21' },
    ];
    assert.deepEqual(linesOfCharge({ split: { by: 'even', targets: 'all' } }, [], { billed: '9' }, { tenants }), [
      'a - even even 1/3 3 3 -',
      'b - even even 1/3 3 3 -',
      'd - even even 1/3 3 3 -',
    ]);
  });

  it('gives equal parts to the listed tenants that are valid, in the order of their ids', () => {
    const tenants = [{ id: 'a' }, { id: 'b' }, { id: 'c', from: '2027-01-01' }, { id: 'd' }];
    const split = { by: 'even', targets: ['d', 'c', 'a'] };
    assert.deepEqual(linesOfCharge({ split }, [], { billed: '0.000000000003' }, { tenants }), [
      'a - even even 1/2 0.000000000002 0.000000000002 -',
      'd - even even 1/2 0.000000000001 0.000000000001 -',
    ]);
  });

  it('gives up with no_targets when none is valid', () => {
    const tenants = [{ id: 'a', from: '2027-01-01' }];
    const expected = ['__unallocated__ - even even - 10 10 no_targets'];
    assert.deepEqual(linesOfCharge({ split: { by: 'even', targets: 'all' } }, [], undefined, { tenants }), expected);
    assert.deepEqual(linesOfCharge({ split: { by: 'even', targets: ['a'] } }, [], undefined, { tenants }), expected);
  });
});

describe('split fixed', () => {
  it('is proportional to the weights, scaled by 10^12', () => {
    const split = { by: 'fixed', weights: { globex: '0.75', acme: '.25', initech: 0 } };
    assert.deepEqual(linesOfCharge({ split }), [
      'acme - fixed fixed 250000000000/1000000000000 2.5 2.5 -',
      'globex - fixed fixed 750000000000/1000000000000 7.5 7.5 -',
    ]);
  });

  it('skips tenants that are not valid, and gives up with no_targets without any', () => {
    const tenants = [{ id: 'acme', to: '2026-01-01' }, { id: 'globex' }];
    const split = { by: 'fixed', weights: { acme: 3, globex: 1 } };
    assert.deepEqual(linesOfCharge({ split }, [], undefined, { tenants }), [
      'globex - fixed fixed 1000000000000/1000000000000 10 10 -',
    ]);
    const nobody = { by: 'fixed', weights: { acme: 3, globex: 0 } };
    assert.deepEqual(linesOfCharge({ split: nobody }, [], undefined, { tenants }), [
      '__unallocated__ - fixed fixed - 10 10 no_targets',
    ]);
  });
});

describe('otherwise', () => {
  const usage = { by: 'usage', meter: 'login', scope: 'platform' };

  it('takes the first fallback that has a weight, and says its place', () => {
    const otherwise = [{ by: 'cost', of: 'nowhere' }, { by: 'even', targets: ['acme'] }, { leave: { reason: 'late' } }];
    assert.deepEqual(linesOfCharge({ split: { ...usage, otherwise } }), ['acme - even otherwise:2:even 1/1 10 10 -']);
    assert.deepEqual(linesOfCharge({ split: { ...usage, otherwise } }, [used('globex', 1n)]), [
      'globex - usage login@platform 1/1 10 10 -',
    ]);
  });

  it('takes another usage with its own driver', () => {
    const otherwise = [{ ...usage, meter: 'bytes', scope: 'namespace' }];
    assert.deepEqual(linesOfCharge({ split: { ...usage, otherwise } }, [used('acme', 4n, { meter: 'bytes' })]), [
      'acme - usage otherwise:1:bytes@namespace 4/4 10 10 -',
    ]);
  });

  it('leave ends it, with its own reason', () => {
    const otherwise = [{ by: 'fixed', weights: { acme: 0 } }, { leave: { reason: 'nobody spoke' } }];
    assert.deepEqual(linesOfCharge({ split: { by: 'cost', of: 'nowhere', otherwise } }), [
      '__unallocated__ - leave otherwise:2:leave - 10 10 nobody spoke',
    ]);
  });

  it("used up, it is unallocated with method, driver and reason of the rule's own split", () => {
    const otherwise = [
      { by: 'cost', of: 'nowhere' },
      { by: 'fixed', weights: { acme: 0 } },
    ];
    assert.deepEqual(linesOfCharge({ split: { ...usage, otherwise } }), [
      '__unallocated__ - usage login@platform - 10 10 no_usage',
    ]);
    assert.deepEqual(linesOfCharge({ split: { by: 'cost', of: 'nowhere', otherwise: [usage] } }), [
      '__unallocated__ - cost cost:nowhere - 10 10 no_base',
    ]);
  });

  it('may have fallbacks of its own, and goes on behind them', () => {
    const nested = { by: 'cost', of: 'nowhere', otherwise: [{ by: 'fixed', weights: { acme: 0 } }] };
    const inner = { by: 'cost', of: 'nowhere', otherwise: [{ by: 'even', targets: ['acme'] }] };
    const otherwise = [nested, inner];
    assert.deepEqual(linesOfCharge({ split: { ...usage, otherwise } }), [
      'acme - even otherwise:2:otherwise:1:even 1/1 10 10 -',
    ]);
  });

  it('may be a blend', () => {
    const blend = { by: 'blend', parts: [{ share: 1, by: 'even', targets: ['acme'] }] };
    assert.deepEqual(linesOfCharge({ split: { ...usage, otherwise: [blend] } }), [
      'acme - even otherwise:1:blend:1:even 1/1 10 10 -',
    ]);
  });
});

describe('split by blend', () => {
  const usage = { by: 'usage', meter: 'login', scope: 'platform' };

  it('cuts by the shares first, then splits each part', () => {
    const parts = [
      { share: '0.3', by: 'even', targets: ['acme', 'globex'] },
      { share: '0.7', ...usage },
    ];
    assert.deepEqual(linesOfCharge({ split: { by: 'blend', parts } }, [used('acme', 1n), used('initech', 1n)]), [
      'acme - even blend:1:even 1/2 1.5 1.5 -',
      'acme - usage blend:2:login@platform 1/2 3.5 3.5 -',
      'globex - even blend:1:even 1/2 1.5 1.5 -',
      'initech - usage blend:2:login@platform 1/2 3.5 3.5 -',
    ]);
  });

  it('serves equal remainders of the cut in the order of the list, billed and effective apart', () => {
    const parts = ['acme', 'globex', 'initech'].map((tenant) => ({ share: 1, by: 'even', targets: [tenant] }));
    const charge = { billed: '0.000000000002', effective: '-0.000000000001' };
    assert.deepEqual(linesOfCharge({ split: { by: 'blend', parts } }, [], charge), [
      'acme - even blend:1:even 1/1 0.000000000001 -0.000000000001 -',
      'globex - even blend:2:even 1/1 0.000000000001 0 -',
      'initech - even blend:3:even 1/1 0 0 -',
    ]);
  });

  it('gives a share of 0 no line, and keeps the places of the others', () => {
    const parts = [
      { share: 0, by: 'even', targets: ['acme'] },
      { share: '2', by: 'even', targets: ['globex'] },
    ];
    assert.deepEqual(linesOfCharge({ split: { by: 'blend', parts } }), ['globex - even blend:2:even 1/1 10 10 -']);
  });

  it('leaves the part unallocated whose split finds nobody, or takes its fallback', () => {
    const parts = [
      { share: 1, ...usage },
      {
        share: 1,
        ...usage,
        otherwise: [
          { by: 'cost', of: 'nowhere' },
          { by: 'even', targets: ['acme'] },
        ],
      },
      { share: 2, ...usage, otherwise: [{ leave: { reason: 'quiet' } }] },
    ];
    assert.deepEqual(linesOfCharge({ split: { by: 'blend', parts } }, [], { billed: '8' }), [
      '__unallocated__ - leave blend:3:otherwise:1:leave - 4 4 quiet',
      '__unallocated__ - usage blend:1:login@platform - 2 2 no_usage',
      'acme - even blend:2:otherwise:2:even 1/1 2 2 -',
    ]);
  });

  it('may hold a blend', () => {
    const inner = { share: 1, by: 'blend', parts: [{ share: 1, by: 'even', targets: ['acme'] }] };
    assert.deepEqual(linesOfCharge({ split: { by: 'blend', parts: [inner] } }), [
      'acme - even blend:1:blend:1:even 1/1 10 10 -',
    ]);
  });
});

describe('leave, cover, hold, and no rule', () => {
  it('leave: unallocated on purpose', () => {
    assert.deepEqual(linesOfCharge({ leave: { reason: 'marketing' } }, [], { billed: '0' }), [
      '__unallocated__ - leave - - 0 0 marketing',
    ]);
  });

  it('cover and hold: no line at all', () => {
    assert.deepEqual(linesOfCharge({ cover: { by: 'cast-ai' } }), []);
    assert.deepEqual(linesOfCharge({ hold: { reason: 'tax' } }), []);
  });

  it('no rule: unallocated with nothing but the reason', () => {
    const { documents } = allocate({ rules: [] }, { reports: [report({ lines: [line({ billed: '0' })] })] });
    assert.deepEqual(linesOf({ documents }), ['__unallocated__ - none - - 0 0 no_rule']);
    assert.deepEqual([documents[0]?.lines[0]?.tier, documents[0]?.lines[0]?.ruleId], ['', '']);
  });
});

describe('rules', () => {
  const assign = (id: string, tenant: string, match: object, fields = {}): object => ({
    id,
    match,
    assign: { tenant },
    ...fields,
  });
  const decided = (rules: object[], charge = {}, source = {}): string => {
    const lines = [line({ billed: '1', ...charge })];
    const { documents } = allocate({ rules }, { reports: [report({ lines, ...source })] });
    return documents[0]?.lines[0]?.ruleId ?? 'none';
  };

  it('the first that fits decides', () => {
    const rules = [assign('one', 'acme', { service: 'S3' }), assign('two', 'acme', {}), assign('three', 'acme', {})];
    assert.equal(decided(rules, { service: 'S3' }), 'one');
    assert.equal(decided(rules), 'two');
  });

  it('all fields of a match must fit', () => {
    const rules = [assign('both', 'acme', { service: 'S3', region: 'eu' })];
    assert.equal(decided(rules, { service: 'S3', region: 'eu' }), 'both');
    assert.equal(decided(rules, { service: 'S3' }), '');
    assert.equal(decided(rules, { region: 'eu' }), '');
  });

  it('every field of a charge can be matched', () => {
    for (const field of ['service', 'cluster', 'namespace', 'region', 'resource', 'subAccount', 'category']) {
      const rules = [assign('hit', 'acme', { [field]: 'x' })];
      assert.equal(decided(rules, { [field]: 'x' }), 'hit', field);
      assert.equal(decided(rules, {}), '', field);
    }
    for (const field of ['source', 'account']) {
      const rules = [assign('hit', 'acme', { [field]: 'x*' })];
      assert.equal(decided(rules, {}, { [field]: 'xyz' }), 'hit', field);
      assert.equal(decided(rules, {}, { [field]: 'yz' }), '', field);
    }
  });

  it('a tag that the charge lacks is the empty text, also one that every object has', () => {
    const tagged = [assign('hit', 'acme', { 'tags.team': 'x' }), assign('some', 'acme', { 'tags.team': '?*' })];
    assert.equal(decided(tagged, { tags: { team: 'x' } }), 'hit');
    assert.equal(decided(tagged, { tags: { team: 'y' } }), 'some');
    assert.equal(decided(tagged, { tags: { other: 'x' } }), '');
    assert.equal(decided([assign('lack', 'acme', { 'tags.constructor': '' })]), 'lack');
    assert.equal(decided([assign('dots', 'acme', { 'tags.a.b': 'x' })], { tags: { 'a.b': 'x' } }), 'dots');
  });

  it('count from their from until before their to', () => {
    const on = (fields: object): string => decided([assign('dated', 'acme', {}, fields)]);
    assert.equal(on({ from: '2026-11-20' }), 'dated');
    assert.equal(on({ from: '2026-11-21' }), '');
    assert.equal(on({ to: '2026-11-21' }), 'dated');
    assert.equal(on({ to: '2026-11-20' }), '');
    assert.equal(on({ from: '2026-11-19', to: '2026-11-21' }), 'dated');
  });
});
