import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CatalogRecord } from '../../../schemas/catalog-record.ts';
import type { Amount, Day } from '../../../schemas/scalars.ts';
import { attributions, catalogs, costReports, statements, type Topic, usageTotals } from '../../../schemas/topics.ts';
import { amount, charge, day, document, line, report, sourceStatement, statement, total } from './records.ts';
import { freshSink } from './sink-world.ts';

const sink = await freshSink();
const LARGEST = (10n ** 38n - 1n) as Amount;
const TOO_LARGE = (10n ** 38n) as Amount;

test('amounts of 38 digits are kept to the last one, and sums of them too', async () => {
  const tenant = 'edge';
  const lines = [
    line({ billed: LARGEST, effective: -LARGEST as Amount }),
    line({ billed: -LARGEST as Amount, effective: LARGEST }),
    line({ service: 'other', billed: amount('0.000000000001'), effective: LARGEST }),
  ];
  await sink.write(attributions, [document({ tenant, lines, effective: LARGEST })]);
  // A second day of the same week, so that its sum has 39 digits.
  await sink.write(attributions, [
    document({ tenant, day: day('2026-11-03'), lines: lines.slice(2), effective: LARGEST }),
  ]);
  const nines = `${'9'.repeat(26)}.${'9'.repeat(12)}`;
  assert.deepEqual(
    await sink.rows(
      "SELECT billed, effective FROM attribution_line WHERE tenant = 'edge' AND day = '2026-11-02' ORDER BY line",
    ),
    [
      { billed: nines, effective: `-${nines}` },
      { billed: `-${nines}`, effective: nines },
      { billed: '0.000000000001', effective: nines },
    ],
  );
  assert.deepEqual(
    await sink.rows("SELECT service, billed, effective FROM tenant_week WHERE tenant = 'edge' ORDER BY service"),
    [
      { service: 'Amazon S3', billed: '0.000000000000', effective: '0.000000000000' },
      { service: 'other', billed: '0.000000000002', effective: `1${'9'.repeat(26)}.${'9'.repeat(11)}8` },
    ],
  );
});

const long = 'x'.repeat(3000);
const wild = (10 ** 9) as Day;
/** Such a day has no text, so that no key can be made of it. */
const KEYLESS = { key: '' };
const cases: [string, () => Promise<void>][] = [
  ['bytes that are no record', () => raw(attributions, Buffer.from('nonsense'))],
  ['a record without a value', () => raw(attributions, null)],
  ['a document with U+0000', () => sink.write(attributions, [document({ tenant: 'a\0b' })])],
  ['a line with U+0000', () => sink.write(attributions, [document({ lines: [line({ driver: '\0' })] })])],
  [
    'an amount of 39 digits',
    () => sink.write(attributions, [document({ lines: [line({ billed: TOO_LARGE })], billed: amount('0') })]),
  ],
  ['a total of 39 digits', () => sink.write(attributions, [document({ billed: TOO_LARGE })])],
  ['a weight that is no integer', () => sink.write(attributions, [document({ lines: [line({ weight: '1.5' })] })])],
  ['a key longer than an index entry', () => sink.write(attributions, [document({ tenant: long })])],
  [
    'a service longer than an index entry',
    () => sink.write(attributions, [document({ lines: [line({ service: long })] })]),
  ],
  ['a day that no calendar has', () => sink.write(attributions, [document({ day: wild })], KEYLESS)],
  ['a day before the tables begin', () => sink.write(attributions, [document({ day: day('1999-12-31') })])],
  ['a usage total of 39 digits', () => sink.write(usageTotals, [total({ quantity: 10n ** 38n })])],
  ['a usage total on no day', () => sink.write(usageTotals, [total({ day: -wild as Day })], KEYLESS)],
  ['a usage total with a long key', () => sink.write(usageTotals, [total({ cluster: long })])],
  ['a report on no day', () => sink.write(costReports, [report({ day: wild })], KEYLESS)],
  ['a report of no time', () => sink.write(costReports, [report({ observedAt: 9e15 })])],
  [
    'a report of the year 0',
    () => sink.write(costReports, [report({ observedAt: Date.parse('0000-05-05T00:00:00Z') })]),
  ],
  [
    'a report with U+0000 in a tag',
    () => sink.write(costReports, [report({ lines: [charge({ tags: { a: '\0' } })] })]),
  ],
  ['a report under the key of another', () => sink.write(costReports, [report()], { key: 'other' })],
  ['a report without a currency', () => sink.write(costReports, [report({ currency: '' })])],
  ['a statement on no day', () => sink.write(statements, [statement({ day: wild })], KEYLESS)],
  ['a statement with U+0000', () => sink.write(statements, [statement({ digest: '\0' })])],
  [
    'a statement with a source twice',
    () => sink.write(statements, [statement({ sources: [sourceStatement(), sourceStatement()] })]),
  ],
  [
    'a statement with a rate that is no number',
    () => sink.write(statements, [statement({ sources: [sourceStatement({ rate: 'one' })] })]),
  ],
  ['a catalog that is no JSON', () => sink.write(catalogs, [catalog('{')])],
  ['a catalog that is none', () => sink.write(catalogs, [catalog('{"version":2}')])],
];

for (const [what, write] of cases) {
  test(`${what} becomes a dead letter with a reason, and the partition goes on`, async () => {
    const before = sink.letters.length;
    await write();
    assert.equal(sink.letters.length, before + 1);
    const letter = sink.letters.at(-1);
    assert.match(letter?.reason ?? '', /^[a-z_]+$/);
    assert.notEqual(letter?.detail, '');
  });
}

test('what stands beside a bad record in a flush is written', async () => {
  const tenant = 'beside';
  const before = sink.letters.length;
  await sink.write(attributions, [document({ tenant: '\0' }), document({ tenant }), document({ tenant: long })]);
  assert.equal(sink.letters.length, before + 2);
  assert.deepEqual(await sink.rows('SELECT tenant FROM attribution WHERE tenant = $1', [tenant]), [{ tenant }]);
});

test('texts come back as they went in, whatever they are made of', async () => {
  const tenant = 'tab\t new\n line\r back\\slash \\N \\. "quote" \'single\' {brace} ü€😀 \u2028';
  const odd = line({ service: tenant, driver: '\\N', reason: '', region: 'NULL' });
  await sink.write(attributions, [document({ tenant, lines: [odd] })]);
  assert.deepEqual(
    await sink.rows('SELECT service, driver, reason, region FROM attribution_line WHERE tenant = $1', [tenant]),
    [{ service: tenant, driver: '\\N', reason: '', region: 'NULL' }],
  );
});

test('the newest catalog names tenants and products', async () => {
  const named = (name: string) =>
    catalog(
      JSON.stringify({
        version: 1,
        currency: 'USD',
        products: [{ id: 'asr', name: 'Speech recognition' }],
        tenants: [
          { id: 'acme', name, from: '2026-01-01' },
          { id: 'globex', name: 'Globex', to: '2026-03-01' },
        ],
        rules: [],
      }),
    );
  await sink.write(catalogs, [named('Acme'), named('Acme Corp')]);
  await sink.write(catalogs, [named('Acme Corporation')]);
  assert.deepEqual(
    await sink.rows('SELECT tenant, name, valid_from::text, valid_to::text FROM tenant ORDER BY tenant'),
    [
      { tenant: 'acme', name: 'Acme Corporation', valid_from: '2026-01-01', valid_to: 'infinity' },
      { tenant: 'globex', name: 'Globex', valid_from: '-infinity', valid_to: '2026-03-01' },
    ],
  );
  assert.deepEqual(await sink.rows('SELECT product, name FROM product'), [
    { product: 'asr', name: 'Speech recognition' },
  ]);
});

function catalog(text: string): CatalogRecord {
  return { document: text, digest: 'c1', appliedAt: 1, promotions: [] };
}

async function raw<T>(topic: Topic<T>, bytes: Buffer | null): Promise<void> {
  sink.appendBytes(topic, bytes);
  await sink.flush(topic);
}
