/** A whole day: what counts as one charge, currencies, statuses, the order of lines, and the statement. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CostReport } from '../schemas/cost-report.ts';
import type { Statement } from '../schemas/statement.ts';
import { formatAmount } from './amount.ts';
import { statementDigest, statementText } from './statement-text.ts';
import { allocate, D, day, line, linesOf, report, total } from './testing/build.ts';

const rules = [
  { id: 'own', match: { service: 'own' }, assign: { tenant: 'acme' } },
  { id: 'tax', match: { category: 'Tax' }, hold: { reason: 'tax' } },
  { id: 'fees', match: { service: 'fees' }, hold: { reason: 'fees' } },
  { id: 'seen', match: { service: 'seen' }, cover: { by: 'cast-ai' } },
  { id: 'left', match: { service: 'left' }, leave: { reason: 'ours' } },
];

const only = (statements: readonly Statement[]): Statement => {
  assert.equal(statements.length, 1);
  return statements[0] ?? assert.fail();
};

describe('charges', () => {
  it('lines with equal keys are one charge; tags and resource tell charges apart but not lines of a document', () => {
    const lines = [
      line({ service: 'own', billed: '1', tags: { a: '1', b: '2' } }),
      line({ service: 'own', billed: '2', effective: '5', tags: { b: '2', a: '1' } }),
      line({ service: 'own', billed: '4', tags: { a: '1' } }),
      line({ service: 'own', billed: '8', resource: 'r' }),
      line({ service: 'own', billed: '16', region: 'eu' }),
    ];
    const { documents, statements } = allocate({ rules }, { reports: [report({ lines })] });
    assert.equal(only(statements).sources[0]?.charges, 4);
    assert.deepEqual(linesOf({ documents }), ['acme - dedicated - - 15 18 -', 'acme - dedicated - - 16 16 -']);
  });

  it('are added before the split, so that remainders are settled once', () => {
    const split = [{ id: 'even', match: {}, split: { by: 'even', targets: ['acme', 'globex'] } }];
    const lines = ['r1', 'r2'].map((resource) => line({ billed: '0.000000000001', resource }));
    const { documents } = allocate({ rules: split }, { reports: [report({ lines })] });
    assert.deepEqual(linesOf({ documents }), [
      'acme - even even 1/2 0.000000000001 0.000000000001 -',
      'globex - even even 1/2 0.000000000001 0.000000000001 -',
    ]);
  });

  it('of two rules stay two lines, sorted by product, then tier, then rule', () => {
    const byResource = [
      { id: 'z', match: { resource: 'r1' }, assign: { tenant: 'acme', product: 'asr' } },
      { id: 'y', match: { resource: 'r2' }, assign: { tenant: 'acme', product: 'asr' } },
      { id: 'x', match: { resource: 'r3' }, tier: 'zz', assign: { tenant: 'acme', product: 'asr' } },
      { id: 'w', match: { resource: 'r4' }, assign: { tenant: 'acme', product: 'bot' } },
      { id: 'v', match: { resource: 'r5' }, assign: { tenant: 'acme' } },
    ];
    const lines = ['r1', 'r2', 'r3', 'r4', 'r5'].map((resource) => line({ billed: '1', resource }));
    const { documents } = allocate({ rules: byResource }, { reports: [report({ lines })] });
    assert.deepEqual(
      documents[0]?.lines.map((it) => it.ruleId),
      ['v', 'y', 'z', 'x', 'w'],
    );
  });

  it('the descriptors of a charge come before the product', () => {
    const products = [
      { id: 'r', match: { service: 'a' }, assign: { tenant: 'acme', product: 'bot' } },
      { id: 's', match: { service: 'b' }, assign: { tenant: 'acme', product: 'asr' } },
    ];
    const lines = ['b', 'a'].map((service) => line({ service, billed: '1' }));
    const { documents } = allocate({ rules: products }, { reports: [report({ lines })] });
    assert.deepEqual(linesOf({ documents }), ['acme bot dedicated - - 1 1 -', 'acme asr dedicated - - 1 1 -']);
  });

  it('lines are sorted by the descriptors of their charges in the order of the fields', () => {
    const fields = ['service', 'cluster', 'namespace', 'region', 'subAccount', 'category'] as const;
    // Each line is later than the one before by one field, and earlier by all fields after it.
    const lines = fields.map((field, i) =>
      line({
        billed: `${i}`,
        ...Object.fromEntries(fields.map((it, k) => [it, it === field ? 'b' : k < i ? 'a' : 'z'])),
      }),
    );
    const all = [{ id: 'all', match: {}, assign: { tenant: 'acme' } }];
    const { documents } = allocate(
      { rules: all },
      { reports: [report({ lines }), report({ account: 'a', lines }), report({ source: 'a', lines })] },
    );
    const shown = documents[0]?.lines.map((it) => `${it.source} ${it.account} ${formatAmount(it.billed)}`);
    const order = ['5', '4', '3', '2', '1', '0'];
    assert.deepEqual(shown, [
      ...order.map((n) => `a prod ${n}`),
      ...order.map((n) => `cast-ai a ${n}`),
      ...order.map((n) => `cast-ai prod ${n}`),
    ]);
  });
});

describe('documents', () => {
  it('are one per tenant, ordered by tenant, with the sums of their lines', () => {
    const all = [{ id: 'even', match: {}, split: { by: 'even', targets: ['globex', 'acme'] } }];
    const lines = [line({ billed: '2', effective: '4' }), line({ billed: '4', service: 's' })];
    const { documents } = allocate(
      { rules: all },
      { reports: [report({ lines })], stamp: { calcVersion: 4, revision: 8 } },
    );
    assert.deepEqual(
      documents.map(({ lines: own, digest, ...head }) => ({ ...head, lines: own.length })),
      ['acme', 'globex'].map((tenant) => ({
        day: D,
        tenant,
        currency: 'USD',
        status: 'final',
        billed: 3_000_000_000_000n,
        effective: 4_000_000_000_000n,
        calcVersion: 4,
        revision: 8,
        lines: 2,
      })),
    );
  });
});

describe('status', () => {
  const statusOf = (fields: object, reports: CostReport[]): string[] => {
    const { status, documents } = allocate({ rules, ...fields }, { reports });
    return [status, ...documents.map((document) => document.status)];
  };
  const own = [line({ service: 'own', billed: '1' })];

  it('is final when every report is final and every expected source has reported', () => {
    const expected = [{ source: 'cast-ai', account: 'prod' }];
    assert.deepEqual(statusOf({ expected }, [report({ lines: own })]), ['final', 'final']);
  });

  it('is estimated when any report is, in any currency', () => {
    const other = report({ account: 'b', currency: 'EUR', status: 'estimated' });
    assert.deepEqual(statusOf({}, [report({ lines: own }), other]), ['estimated', 'estimated']);
  });

  it('is estimated when an expected source is missing on a day that it is expected on', () => {
    const expected = [{ source: 'aws', account: 'prod', from: '2026-11-20' }];
    assert.deepEqual(statusOf({ expected }, [report({ lines: own })]), ['estimated', 'estimated']);
    const later = [{ source: 'aws', account: 'prod', from: '2026-11-21' }];
    assert.deepEqual(statusOf({ expected: later }, [report({ lines: own })]), ['final', 'final']);
  });

  it('a source has reported only with the account that is expected', () => {
    const expected = [
      { source: 'cast-ai', account: 'other' },
      { source: 'other', account: 'prod' },
    ];
    const { statements } = allocate({ rules, expected }, { reports: [report({ lines: own })] });
    assert.deepEqual(only(statements).missingSources, expected);
  });
});

describe('currencies', () => {
  const rates = [
    { from: 'EUR', to: 'USD', day: '2026-11-18', rate: '2' },
    { from: 'EUR', to: 'USD', day: '2026-11-20', rate: '1.50' },
    { from: 'EUR', to: 'USD', day: '2026-11-21', rate: '9' },
    { from: 'GBP', to: 'USD', day: '2026-11-21', rate: '9' },
    { from: 'CHF', to: 'EUR', day: '2026-11-01', rate: '9' },
  ];
  const foreign = (currency: string, lines = [line({ service: 'own', billed: '1' })]): CostReport =>
    report({ source: 'aws', currency, lines });

  it('a report in another currency is converted by the newest rate dated on or before the day', () => {
    const { documents, statements } = allocate({ rules, rates }, { reports: [foreign('EUR'), report({})] });
    assert.deepEqual(linesOf({ documents }), ['acme - dedicated - - 1.5 1.5 -']);
    assert.equal(documents[0]?.currency, 'USD');
    const [row, plain] = only(statements).sources;
    assert.deepEqual([row?.rate, row?.rateDay], ['1.5', day('2026-11-20')]);
    assert.deepEqual([plain?.rate, plain?.rateDay], [null, null]);
    assert.deepEqual(row?.in, { billed: 1_500_000_000_000n, effective: 1_500_000_000_000n });
    assert.deepEqual(row?.allocated, row?.in);
  });

  it('each charge is converted after equal keys are added, half to even at 12 decimals', () => {
    const half = [{ from: 'EUR', to: 'USD', day: '2026-11-01', rate: '0.5' }];
    const unit = { service: 'own', billed: '0.000000000001' };
    // Two equal lines make 2 units, half of which is 1; the other resource alone is 1 unit, half of which is 0.
    const lines = [line(unit), line(unit), line({ ...unit, resource: 'r' })];
    const { documents } = allocate({ rules, rates: half }, { reports: [foreign('EUR', lines)] });
    assert.deepEqual(linesOf({ documents }), ['acme - dedicated - - 0.000000000001 0.000000000001 -']);
  });

  it('without such a rate the report keeps its currency, with its own documents, statement and bases', () => {
    const more = [...rules, { id: 'rest', match: {}, split: { by: 'cost', of: 'infrastructure' } }];
    const dollars = report({ lines: [line({ service: 'own', billed: '1' }), line({ service: 'rest', billed: '2' })] });
    const pounds = foreign('GBP', [line({ service: 'rest', billed: '5' })]);
    const francs = { ...foreign('CHF'), account: 'x' };
    const { documents, statements } = allocate({ rules: more, rates }, { reports: [francs, dollars, pounds] });
    assert.deepEqual(
      documents.map((it) => `${it.currency} ${it.tenant} ${formatAmount(it.billed)} ${it.lines.at(-1)?.reason}`),
      ['CHF acme 1 ', 'GBP __unallocated__ 5 no_base', 'USD acme 3 '],
    );
    assert.deepEqual(
      statements.map((it) => [it.currency, it.sources.map((row) => `${row.source} ${row.account}`)]),
      [
        ['CHF', ['aws x']],
        ['GBP', ['aws prod']],
        ['USD', ['cast-ai prod']],
      ],
    );
  });

  it("the catalog's currency has a statement on every day that has any input, and no other has", () => {
    const currenciesOf = (inputs: object): string[] =>
      allocate({ rules, rates }, inputs).statements.map((statement) => statement.currency);
    assert.deepEqual(currenciesOf({ reports: [foreign('GBP')] }), ['GBP', 'USD']);
    assert.deepEqual(currenciesOf({ reports: [foreign('EUR')] }), ['USD']);
    assert.deepEqual(currenciesOf({ totals: [total({ tenant: 'acme' })] }), ['USD']);
    assert.deepEqual(currenciesOf({ reports: [report({})] }), ['USD']);
    assert.deepEqual(currenciesOf({}), []);
  });

  it('a report in the currency of the catalog is never converted', () => {
    const same = [{ from: 'USD', to: 'EUR', day: '2026-11-01', rate: '5' }];
    const { statements } = allocate({ rules, rates: same }, { reports: [report({})] });
    assert.equal(only(statements).sources[0]?.rate, null);
  });
});

describe('the statement', () => {
  const lines = [
    line({ service: 'own', billed: '1', effective: '2' }),
    line({ service: 'seen', billed: '4', effective: '3' }),
    line({ service: 'x', category: 'Tax', billed: '8', effective: '7' }),
    line({ service: 'fees', billed: '-1' }),
    line({ service: 'left', billed: '16' }),
    line({ service: 'unknown', billed: '32' }),
    line({ service: 'unknown', billed: '0', region: 'eu' }),
  ];
  const totals = [total({ meter: 'login', quantity: 2n ** 70n, duplicates: 2 })];
  const reports = [report({ lines, observedAt: Date.UTC(2026, 10, 21), account: 'b' }), report({ account: 'a' })];
  const expected = [
    { source: 'aws', account: '2' },
    { source: 'aws', account: '1' },
  ];
  const outcome = allocate({ rules, expected }, { reports, totals, stamp: { calcVersion: 2, revision: 5 } });
  const statement = only(outcome.statements);

  it('says per source and account where everything went', () => {
    assert.deepEqual(
      statement.sources.map((row) => row.account),
      ['a', 'b'],
    );
    const row = statement.sources[1] ?? assert.fail();
    const plain = (money: { billed: bigint; effective: bigint }): string =>
      `${money.billed / 10n ** 12n} ${money.effective / 10n ** 12n}`;
    assert.deepEqual([row.in, row.allocated, row.covered, row.held, row.difference].map(plain), [
      '60 59',
      '1 2',
      '4 3',
      '7 6',
      '0 0',
    ]);
    assert.deepEqual(
      Object.entries(row.unallocated).map(([reason, money]) => `${reason} ${plain(money)}`),
      ['no_rule 32 32', 'ours 16 16'],
    );
    assert.deepEqual(
      Object.entries(row.heldReasons).map(([reason, money]) => `${reason} ${plain(money)}`),
      ['fees -1 -1', 'tax 8 7'],
    );
    assert.equal(row.charges, 7);
    assert.equal(row.observedAt, Date.UTC(2026, 10, 21));
    assert.equal(row.status, 'final');
  });

  it('names missing sources in order, usage, version and revision', () => {
    assert.deepEqual(statement.missingSources, [
      { source: 'aws', account: '1' },
      { source: 'aws', account: '2' },
    ]);
    assert.deepEqual(statement.usage, [
      { meter: 'login', quantity: 2n ** 70n, late: 0, conflicting: 0, duplicates: 2 },
    ]);
    assert.deepEqual([statement.calcVersion, statement.revision, statement.day], [2, 5, D]);
  });

  it('has a digest over those of its documents in tenant order', () => {
    assert.equal(outcome.documents.length, 2);
    assert.equal(statement.digest, statementDigest(outcome.documents.map((document) => document.digest)));
    assert.notEqual(statement.digest, statementDigest(outcome.documents.map((it) => it.digest).reverse()));
  });

  it('keeps the reason of an amount of 0', () => {
    const nothing = [line({ service: 'left', billed: '0' }), line({ service: 'fees', billed: '0' })];
    const row = only(allocate({ rules }, { reports: [report({ lines: nothing })] }).statements).sources[0];
    assert.deepEqual(row?.unallocated, { ours: { billed: 0n, effective: 0n } });
    assert.deepEqual(row?.heldReasons, { fees: { billed: 0n, effective: 0n } });
  });

  it('keeps reasons whose names mean something to JavaScript', () => {
    const odd = [
      { id: 'a', match: { service: 'a' }, leave: { reason: '__proto__' } },
      { id: 'b', match: { service: 'b' }, hold: { reason: '__proto__' } },
    ];
    const charges = [line({ service: 'a', billed: '1' }), line({ service: 'b', billed: '2' })];
    const text = statementText(only(allocate({ rules: odd }, { reports: [report({ lines: charges })] }).statements));
    assert.match(text, /"unallocated":\{"__proto__":\{"billed":"1","effective":"1"\}\}/);
    assert.match(text, /"heldReasons":\{"__proto__":\{"billed":"2","effective":"2"\}\}/);
  });

  it('is written as one line of JSON with the fields in the order of the file format', () => {
    const zero = '{"billed":"0","effective":"0"}';
    assert.equal(
      statementText(statement),
      `{"day":"2026-11-20","currency":"USD","digest":"${statement.digest}","sources":[` +
        '{"source":"cast-ai","account":"a","observedAt":"1970-01-01T00:00:00.000Z","status":"final","charges":0,' +
        `"in":${zero},"allocated":${zero},"covered":${zero},"held":${zero},"unallocated":{},"difference":${zero}},` +
        '{"source":"cast-ai","account":"b","observedAt":"2026-11-21T00:00:00.000Z","status":"final","charges":7,' +
        '"in":{"billed":"60","effective":"59"},"allocated":{"billed":"1","effective":"2"},' +
        '"covered":{"billed":"4","effective":"3"},"held":{"billed":"7","effective":"6"},' +
        '"unallocated":{"no_rule":{"billed":"32","effective":"32"},"ours":{"billed":"16","effective":"16"}},' +
        `"difference":${zero},` +
        '"heldReasons":{"fees":{"billed":"-1","effective":"-1"},"tax":{"billed":"8","effective":"7"}}}],' +
        '"missingSources":[{"source":"aws","account":"1"},{"source":"aws","account":"2"}],' +
        '"usage":[{"meter":"login","quantity":1180591620717411303424,"late":0,"conflicting":0,"duplicates":2}]}',
    );
  });

  it('is written with rate and negative bases where there are any, reasons sorted as text', () => {
    const split = [
      { id: 'own', match: { service: 'own' }, assign: { tenant: 'acme', product: 'bot' } },
      { id: 'ten', match: { service: 'ten' }, leave: { reason: '10' } },
      { id: 'nine', match: { service: 'nine' }, leave: { reason: '9' } },
      { id: 'rest', match: {}, split: { by: 'cost', of: 'infrastructure' } },
    ];
    const rates = [{ from: 'EUR', to: 'USD', day: '2026-11-20', rate: '1.10' }];
    const charges = ['own', 'ten', 'nine', 'rest'].map((service) => line({ service, billed: '-1' }));
    const { statements } = allocate(
      { rules: split, rates },
      { reports: [report({ currency: 'EUR', lines: charges })] },
    );
    const text = statementText(only(statements));
    assert.match(text, /"difference":\{"billed":"0","effective":"0"\},"rate":"1.1","rateDay":"2026-11-20"\}\]/);
    assert.match(
      text,
      /"missingSources":\[\],"negativeBases":\[\{"tier":"infrastructure","tenant":"acme","product":"bot","billed":"-1.1"\}\],/,
    );
    assert.ok(text.indexOf('"10":{') < text.indexOf('"9":{'));
  });
});

describe('inputs that cannot be of one day', () => {
  it('stop the computation', () => {
    const tomorrow = day('2026-11-21');
    assert.throws(() => allocate({ rules }, { reports: [report({}), report({})] }), {
      message: 'Invariant broken: cast-ai prod has two reports for 2026-11-20.',
    });
    assert.throws(() => allocate({ rules }, { reports: [report({ day: tomorrow })] }), {
      message: 'Invariant broken: a report of 2026-11-21 was given for 2026-11-20.',
    });
    assert.throws(() => allocate({ rules }, { totals: [total({ day: tomorrow })] }), {
      message: 'Invariant broken: a total of 2026-11-21 was given for 2026-11-20.',
    });
  });
});
