import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { formatAmount, parseAmount } from '../attribution/amount.ts';
import { ApportionError } from '../runtime/errors.ts';
import { type CostReport, MAX_REPORT_BYTES } from '../schemas/cost-report.ts';
import { formatDay } from '../schemas/day.ts';
import type { Amount } from '../schemas/scalars.ts';
import { type FocusFileConfig, focusFileShape } from './focus-file/config.ts';
import { type FocusResult, readFocusFiles } from './focus-file/read-files.ts';
import { reportBytes } from './report-bytes.ts';
import { partsOf } from './report-parts.ts';

const { PROPERTY_RUNS = '500' } = process.env;
/** Each run reads a file. */
const FILE_RUNS = Math.ceil(Number(PROPERTY_RUNS) / 10);
const SAMPLE = join(import.meta.dirname, '../local/demo/real/data/focus-sample.csv');

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'apportion-focus-'));
});
after(async () => {
  await rm(folder, { recursive: true });
});

const HEADER = {
  ProviderName: 'AWS',
  BillingAccountId: '123',
  BillingCurrency: 'USD',
  BillingPeriodStart: '2024-09-01T00:00:00Z',
  BillingPeriodEnd: '2024-10-01T00:00:00Z',
  ChargePeriodStart: '2024-09-18T22:00:00Z',
  ChargePeriodEnd: '2024-09-18T23:00:00Z',
  ChargeCategory: 'Usage',
  ChargeClass: 'NULL',
  ServiceName: 'EC2',
  RegionId: 'us-west-2',
  ResourceId: 'i-1',
  SubAccountId: 'sub-1',
  BilledCost: '1.5',
  EffectiveCost: '1.25',
  Tags: 'NULL',
  x_Namespace: '',
};
type Row = typeof HEADER;
const columns = Object.keys(HEADER);

const row = (change: Partial<Row> = {}): Row => ({ ...HEADER, ...change });
const csv = (rows: readonly Partial<Row>[]): string => stringify(rows.map(row), { header: true, columns });

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

interface Read extends FocusResult {
  readonly list: readonly CostReport[];
}

async function readPaths(paths: readonly string[], options: object = {}): Promise<Read> {
  const observed = { observedAt: '2024-10-20T00:00:00Z', ...options };
  const config: FocusFileConfig = focusFileShape.parse({ paths, ...observed });
  const list: CostReport[] = [];
  const result = await readFocusFiles(config, async (report) => {
    // As the frame of pollers sends it.
    list.push(...partsOf(report, config.splitBySubAccount));
  });
  return { ...result, list };
}

const read = async (rows: readonly Partial<Row>[], options: object = {}): Promise<Read> =>
  readPaths([await file('rows.csv', csv(rows))], options);

const keysOf = ({ list }: Read): string[] =>
  list.map((report) => `${report.source} ${report.account} ${formatDay(report.day)}`);

function totalOf(list: readonly CostReport[], field: 'billed' | 'effective'): string {
  return formatAmount(list.flatMap(({ lines }) => lines).reduce((sum, line) => sum + line[field], 0n) as Amount);
}

const codeIs = (code: string) => (error: unknown) => error instanceof ApportionError && error.code === code;

test('the real bills of September 2024 come out to the last digit', async () => {
  const sample = await readPaths([SAMPLE]);
  assert.equal(sample.rows, 1000);
  assert.equal(sample.faultCount, 0);
  assert.equal(totalOf(sample.list, 'billed'), '20.52022672899');
  assert.equal(totalOf(sample.list, 'effective'), '14.97651418586');
  assert.deepEqual([...new Set(sample.list.map(({ source }) => source))], ['aws', 'microsoft', 'oracle']);
  assert.equal(new Set(sample.list.map(({ day }) => day)).size, 30);
});

type WrittenElement = NonNullable<Parameters<typeof parquetWriteBuffer>[0]['schema']>[number];

/** How an exporter may store the columns of the real bills, but for the texts; `data` makes its values of the texts. */
const stored: Readonly<Record<string, { element: Partial<WrittenElement>; data: (text: string) => unknown }>> = {
  decimal: {
    element: { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, converted_type: 'DECIMAL', precision: 38, scale: 12 },
    data: parseAmount,
  },
  double: { element: { type: 'DOUBLE' }, data: Number },
  time: { element: { type: 'INT64', converted_type: 'TIMESTAMP_MICROS' }, data: (text) => new Date(`${text}Z`) },
  text: { element: { type: 'BYTE_ARRAY', converted_type: 'UTF8' }, data: (text) => text },
};

test('the real bills give the same reports from Parquet, to the last byte, with costs as decimals, doubles and text', async () => {
  const [header = [], ...rows] = parse(await readFile(SAMPLE), {}) as string[][];
  const csvReports = (await readPaths([SAMPLE])).list;
  for (const cost of ['decimal', 'double', 'text']) {
    const kinds = header.map((name) => {
      if (/^(Billed|Effective)Cost$/.test(name)) return stored[cost];
      return /Period(Start|End)$/.test(name) ? stored['time'] : stored['text'];
    });
    const columnData = header.map((name, index) => ({
      name,
      data: rows.map(([...cells]) => (cells[index] === 'NULL' ? null : kinds[index]?.data(cells[index] ?? ''))),
    }));
    const columns = header.map(
      (name, index) => ({ name, repetition_type: 'OPTIONAL', ...kinds[index]?.element }) as const,
    );
    const schema = [{ name: 'root', num_children: header.length }, ...columns];
    const content = parquetWriteBuffer({ columnData, schema, rowGroupSize: 300 });
    const { list, rows: count } = await readPaths([await file(`bills-${cost}.snappy.parquet`, Buffer.from(content))]);
    assert.equal(count, 1000);
    assert.deepEqual(list, csvReports, cost);
  }
});

test('a row becomes a line with all that FOCUS says of it', async () => {
  const { list } = await read([{ Tags: '{"team": "asr", "build": 7.50, "none": null, "live": true, "list": [1]}' }]);
  assert.deepEqual(list, [
    {
      source: 'aws',
      account: '123',
      day: Date.parse('2024-09-18') / 86_400_000,
      currency: 'USD',
      observedAt: Date.parse('2024-10-20'),
      status: 'final',
      lines: [
        {
          service: 'EC2',
          cluster: '',
          namespace: '',
          region: 'us-west-2',
          resource: 'i-1',
          subAccount: 'sub-1',
          category: 'Usage',
          billed: 1_500_000_000_000n,
          effective: 1_250_000_000_000n,
          tags: { team: 'asr', build: '7.50', none: '', live: 'true', list: '["1"]' },
        },
      ],
    },
  ]);
});

test('rows that say the same are added up, others are not', async () => {
  const { list } = await read([
    { BilledCost: '1E-7', EffectiveCost: '0' },
    { BilledCost: '-2.5E-7', Tags: '' },
    { ChargeCategory: 'Credit', ChargeClass: 'Correction', BilledCost: '-1' },
    { ResourceId: 'NULL' },
    { Tags: '{"a":"1","b":"2"}' },
    { Tags: '{"b":"2","a":"1"}' },
  ]);
  const [report] = list;
  assert.deepEqual(
    report?.lines.map(({ category, resource, tags, billed }) => [
      category,
      resource,
      Object.keys(tags).length,
      formatAmount(billed),
    ]),
    [
      ['Usage', '', 0, '1.5'],
      ['Credit', 'i-1', 0, '-1'],
      ['Usage', 'i-1', 2, '3'],
      ['Usage', 'i-1', 0, '-0.00000015'],
    ],
  );
});

test('reports are told apart by provider, billing account and day', async () => {
  const result = await read([
    {},
    { BillingAccountId: '456' },
    { ProviderName: 'Google Cloud' },
    { ChargePeriodStart: '2024-09-17 23:00:00', ChargePeriodEnd: '2024-09-18 00:00:00' },
  ]);
  assert.deepEqual(keysOf(result), [
    'aws 123 2024-09-17',
    'aws 123 2024-09-18',
    'aws 456 2024-09-18',
    'google-cloud 123 2024-09-18',
  ]);
  assert.deepEqual(keysOf(await read([{}], { sources: { AWS: 'payer' } })), ['payer 123 2024-09-18']);
});

test('FOCUS 1.3 may name the provider by its new column', async () => {
  const content = csv([{}]).replace('ProviderName', 'ServiceProviderName');
  assert.deepEqual(keysOf(await readPaths([await file('new.csv', content)])), ['aws 123 2024-09-18']);
});

test('rows over several days are spread over them', async () => {
  const month = {
    ChargePeriodStart: '2024-09-01T00:00:00Z',
    ChargePeriodEnd: '2024-10-01T00:00:00Z',
    BilledCost: '10',
  };
  const { list } = await read([month]);
  assert.equal(list.length, 30);
  assert.equal(totalOf(list, 'billed'), '10');
  assert.equal(formatAmount(list[0]?.lines[0]?.billed ?? (0n as Amount)), '0.333333333334');
});

test('a charge billed in another period is kept apart, since a report replaces the older one whole', async () => {
  const late = { BillingPeriodStart: '2024-10-01T00:00:00Z', BillingPeriodEnd: '2024-11-01T00:00:00Z' };
  const result = await read([{}, late, { ...late, ChargeClass: 'Correction', BilledCost: '-1' }]);
  assert.deepEqual(keysOf(result), ['aws 123 2024-09-18', 'aws 123/billed-2024-10 2024-09-18']);
  assert.equal(totalOf(result.list, 'billed'), '2');
  assert.equal(result.list[1]?.status, 'estimated');
});

test('cluster and namespace come from the columns and tags that are configured', async () => {
  const rows = [{ Tags: '{"ns":"voice","c":"eu"}' }, { Tags: '{"ns":"voice"}', x_Namespace: 'asr' }];
  const { list } = await read(rows, { namespace: ['x_Namespace', 'tags.ns'], cluster: ['x_Missing', 'tags.c'] });
  const [report] = list;
  assert.deepEqual(
    report?.lines.map((line) => [line.cluster, line.namespace]),
    [
      ['', 'asr'],
      ['eu', 'voice'],
    ],
  );
});

test('a day is final when its billing period is over for some days, or as configured', async () => {
  const statusAt = async (observedAt: string, options: object = {}): Promise<string | undefined> =>
    (await read([{}], { observedAt, ...options })).list[0]?.status;
  assert.equal(await statusAt('2024-10-05T23:59:59.999Z'), 'estimated');
  assert.equal(await statusAt('2024-10-06T00:00:00Z'), 'final');
  assert.equal(await statusAt('2024-10-01T00:00:00Z', { finalAfterDays: 0 }), 'final');
  assert.equal(await statusAt('2024-09-20T00:00:00Z', { status: 'final' }), 'final');
  assert.equal(await statusAt('2025-09-20T00:00:00Z', { status: 'estimated' }), 'estimated');
});

test('reports are as old as the newest file unless it is said', async () => {
  const older = await file('older.csv', csv([{}]));
  const newer = await file('newer.csv', csv([{}]));
  await utimes(older, 0, Date.parse('2024-09-20') / 1000);
  await utimes(newer, 0, Date.parse('2024-09-21T06:00Z') / 1000);
  const { list } = await readPaths([older, newer], { observedAt: null });
  assert.equal(list.length, 1);
  assert.equal(list[0]?.observedAt, Date.parse('2024-09-21T06:00Z'));
});

test('all missing and doubled columns of all files are told at once', async () => {
  const first = await file('first.csv', csv([{}]).replace('BilledCost', 'Cost').replace('ProviderName', 'Provider'));
  const second = await file('second.csv', csv([{}]).replace('RegionId', 'ServiceName'));
  const empty = await file('empty.csv', '');
  await assert.rejects(readPaths([first, second, empty]), (error: ApportionError) => {
    assert.equal(error.code, 'focus_columns');
    assert.match(
      error.message,
      /first\.csv: .*ServiceProviderName or ProviderName is missing, .*BilledCost is missing/,
    );
    assert.match(error.message, /second\.csv: column ServiceName stands twice/);
    assert.match(error.message, /empty\.csv: .*ChargeCategory is missing/);
    return true;
  });
});

test('a bad row leaves out its own account and day, and no other', async () => {
  const other = { BillingAccountId: '456' };
  const earlier = { ChargePeriodStart: '2024-09-17T22:00:00Z', ChargePeriodEnd: '2024-09-17T23:00:00Z' };
  const withBad = (bad: Partial<Row>) => read([{}, other, earlier, bad]);

  const badAmount = await withBad({ BilledCost: '1,5' });
  assert.deepEqual(keysOf(badAmount), ['aws 123 2024-09-17', 'aws 456 2024-09-18']);
  assert.equal(badAmount.faults[0]?.row, 5);
  assert.match(badAmount.faults[0]?.detail ?? '', /BilledCost "1,5" is not decimal text/);
  assert.deepEqual(badAmount.withheld, [{ source: 'aws', account: '123', day: Date.parse('2024-09-18') / 86_400_000 }]);

  const badPeriod = await withBad({ ChargePeriodEnd: 'NULL' });
  assert.deepEqual(keysOf(badPeriod), ['aws 456 2024-09-18']);
  const badAccount = await withBad({ BillingAccountId: '' });
  assert.deepEqual(keysOf(badAccount), []);
  const badProvider = await withBad({ ProviderName: 'NULL' });
  assert.deepEqual(keysOf(badProvider), []);
  const endsFirst = await withBad({ ChargePeriodEnd: '2024-09-18T21:59:59Z' });
  assert.equal(endsFirst.faultCount, 1);
});

test('a row cut short makes all incomplete, since nobody knows what it was', async () => {
  const whole = csv([{}, {}]);
  const result = await readPaths([await file('cut.csv', whole.slice(0, -30))]);
  assert.equal(result.faultCount, 1);
  assert.deepEqual(result.list, []);
});

test('files that are not CSV in UTF-8, or not whole, report nothing', async () => {
  const whole = Buffer.from(csv([{}, {}]));
  const cases = {
    'quote.csv': Buffer.concat([whole, Buffer.from('AWS,"123\n')]),
    'latin.csv': Buffer.concat([whole, Buffer.from([0xe4, 0x0a])]),
    'utf16.csv': Buffer.from(`\ufeff${csv([{}])}`, 'utf16le'),
    'cut.csv.gz': gzipSync(whole).subarray(0, -9),
  };
  for (const [name, content] of Object.entries(cases)) {
    await assert.rejects(readPaths([await file(name, content)]), codeIs('file_damaged'), name);
  }
});

test('two currencies in one report are refused, and told apart where accounts are', async () => {
  const rows = [{}, { BillingCurrency: 'EUR' }];
  const mixed = await read(rows);
  assert.deepEqual(mixed.list, []);
  assert.match(mixed.faults[0]?.detail ?? '', /aws 123 2024-09-18: The charges are in EUR and USD/);
  const apart = await read(rows, { accountColumns: ['BillingAccountId', 'BillingCurrency'] });
  assert.deepEqual(keysOf(apart), ['aws 123/EUR 2024-09-18', 'aws 123/USD 2024-09-18']);
});

test('files are found by name, folder and glob, plain and packed, each once', async () => {
  const place = join(folder, 'exports');
  await mkdir(join(place, 'september'), { recursive: true });
  await file('exports/september/one.csv', csv([{}]));
  await file('exports/two.csv.gz', gzipSync(csv([{ BillingAccountId: '456' }])));
  await file('exports/manifest.json', '{}');
  const { files, list } = await readPaths([place]);
  assert.equal(files, 2);
  assert.deepEqual(
    list.map(({ account }) => account),
    ['123', '456'],
  );
  assert.deepEqual((await readPaths([join(place, '**/*.csv*')])).list, list);
  assert.deepEqual((await readPaths([place, join(place, 'two.csv.gz'), join(place, '*.gz')])).list, list);

  await assert.rejects(readPaths([join(place, '*.parquet')]), codeIs('focus_no_files'));
  await file('exports/two.csv', csv([{}]));
  await assert.rejects(readPaths([place]), codeIs('focus_same_file_twice'));
  await rm(join(place, 'two.csv'));
  await file('exports/two.snappy.parquet', '');
  await assert.rejects(readPaths([place]), codeIs('focus_same_file_twice'));
});

test('a bad value in Parquet is told with its row, and leaves out its account and day', async () => {
  const { list, faults } = await readPaths([join(import.meta.dirname, 'focus-file/fixtures/not-a-number.parquet')]);
  assert.deepEqual(list, []);
  assert.deepEqual(
    faults.map(({ row, detail }) => [row, detail]),
    [
      [2, 'BilledCost "NaN" is not decimal text such as "12.5".'],
      [3, 'BilledCost "Infinity" is not decimal text such as "12.5".'],
    ],
  );
  const twice = await readPaths([join(import.meta.dirname, 'focus-file/fixtures/tags-twice.parquet')]);
  assert.match(twice.faults[0]?.detail ?? '', /Tags is not a JSON object/);
});

test('a file that changes while it is read is not trusted', async () => {
  const later = { ChargePeriodStart: '2024-09-19T00:00:00Z', ChargePeriodEnd: '2024-09-20T00:00:00Z' };
  const path = await file('changing.csv', csv([{}, later]));
  const config = focusFileShape.parse({ paths: [path], maxSums: 1 });
  // The second day is read in a second pass, after the first day was reported.
  const reading = readFocusFiles(config, () => utimes(path, 0, 0));
  await assert.rejects(reading, codeIs('focus_changed'));
});

test('a file that comes while others are read makes the set another', async () => {
  const place = join(folder, 'growing');
  await mkdir(place);
  const later = { ChargePeriodStart: '2024-09-19T00:00:00Z', ChargePeriodEnd: '2024-09-20T00:00:00Z' };
  await file('growing/one.csv', csv([{}, later]));
  const config = focusFileShape.parse({ paths: [place], maxSums: 1 });
  const reading = readFocusFiles(config, async () => {
    await file('growing/two.csv', csv([{}]));
  });
  await assert.rejects(reading, { code: 'focus_changed', message: /two\.csv/ });
});

test('a day over 4 MiB is cut by sub-account without loss, and its whole report of earlier is replaced', async () => {
  const long = 'x'.repeat(20_000);
  const rows = Array.from({ length: 260 }, (_, index) => ({
    ResourceId: `${long}${index}`,
    SubAccountId: index === 0 ? '' : `sub-${index % 2}`,
    BilledCost: `0.${index}1`,
  }));
  const result = await read(rows);
  assert.deepEqual(keysOf(result), ['aws 123 2024-09-18', 'aws 123/sub-0 2024-09-18', 'aws 123/sub-1 2024-09-18']);
  assert.equal(result.list.flatMap(({ lines }) => lines).length, 260);
  const sum = rows.reduce((total, { BilledCost }) => total + (parseAmount(BilledCost) as bigint), 0n);
  assert.equal(totalOf(result.list, 'billed'), formatAmount(sum as Amount));
  for (const report of result.list) assert.ok(reportBytes(report) <= MAX_REPORT_BYTES);

  const without = await read(rows.slice(1).map((one) => ({ ...one, SubAccountId: 'only' })));
  assert.deepEqual(without.list, []);
  assert.match(without.faults[0]?.detail ?? '', /take 5\d+ bytes/);
});

test('each sub-account has a report of its own when that is configured', async () => {
  const result = await read([{}, { SubAccountId: 'sub-2' }], { splitBySubAccount: true });
  assert.deepEqual(keysOf(result), ['aws 123 2024-09-18', 'aws 123/sub-1 2024-09-18', 'aws 123/sub-2 2024-09-18']);
  assert.deepEqual(result.list[0]?.lines, []);
});

const someRow = fc.record({
  BillingAccountId: fc.constantFrom('1', '2'),
  ServiceName: fc.constantFrom('EC2', 'S3'),
  ResourceId: fc.constantFrom('', 'a', 'b'),
  Tags: fc.constantFrom('', '{"a":"1"}'),
  BilledCost: fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }).map((units) => formatAmount(units as Amount)),
  ChargePeriodStart: fc.constantFrom('2024-09-01', '2024-09-02', '2024-09-05T12:00Z'),
  ChargePeriodEnd: fc.constantFrom('2024-09-06', '2024-09-07T01:00Z', '2024-09-30'),
});

test('the order of rows, their files and the number of passes change nothing, and nothing is lost', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(someRow, { minLength: 1, maxLength: 12 }).chain((rows) =>
        fc.record({
          rows: fc.constant(rows),
          shuffled: fc.shuffledSubarray(rows, { minLength: rows.length, maxLength: rows.length }),
          cut: fc.nat(rows.length),
          maxSums: fc.integer({ min: 1, max: 60 }),
        }),
      ),
      async ({ rows, shuffled, cut, maxSums }) => {
        const { list } = await read(rows);
        const first = await file('a.csv', csv(shuffled.slice(0, cut)));
        const second = await file('b.csv', csv(shuffled.slice(cut)));
        assert.deepEqual((await readPaths([second, first], { maxSums })).list, list);
        const sum = rows.reduce((total, { BilledCost }) => total + (parseAmount(BilledCost) as bigint), 0n);
        assert.equal(totalOf(list, 'billed'), formatAmount(sum as Amount));
      },
    ),
    { numRuns: FILE_RUNS },
  );
});

test('whatever stands in a cell, the row is reported or told, and the rows of other accounts are reported', async () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'NULL',
      '-1e400',
      '9'.repeat(60),
      '{"__proto__":"1"}',
      '{"a":1,"a":2}',
      '\0',
      'x'.repeat(300),
      '[]',
      '5',
    ),
    fc.json(),
  );
  const cell = fc.constantFrom(...(Object.keys(HEADER) as (keyof Row)[]));
  await fc.assert(
    fc.asyncProperty(cell, text, async (name, value) => {
      const rows = [{}, { BillingAccountId: 'fuzzed', [name]: value }];
      const { faultCount, list } = await read(rows);
      const lines = list.flatMap((report) => report.lines);
      if (faultCount === 0) {
        const fuzzed = name === 'BilledCost' ? parseAmount(value) : parseAmount(HEADER.BilledCost);
        const whole = parseAmount(HEADER.BilledCost);
        assert.ok(typeof fuzzed === 'bigint' && typeof whole === 'bigint');
        assert.equal(
          lines.reduce((sum, line) => sum + line.billed, 0n),
          whole + fuzzed,
        );
      } else if (name !== 'ProviderName' && name !== 'BillingAccountId') {
        assert.deepEqual([...new Set(list.map(({ account }) => account))], ['123']);
      }
    }),
    { numRuns: FILE_RUNS },
  );
});
