import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { formatDecimal } from '../../attribution/amount.ts';
import { ApportionError } from '../../runtime/errors.ts';
import { findLocalFiles } from './local-files.ts';
import { openParquet } from './read-parquet.ts';

const { PROPERTY_RUNS = '500' } = process.env;
/** Each run writes and reads a file. */
const FILE_RUNS = Math.ceil(Number(PROPERTY_RUNS) / 10);
const FIXTURES = join(import.meta.dirname, 'fixtures');

let folder = '';
let writes = 0;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'apportion-parquet-'));
});
after(async () => {
  await rm(folder, { recursive: true });
});

/** The texts of some columns, row by row. */
async function read(path: string, ...names: readonly string[]): Promise<readonly (readonly string[])[]> {
  const [file] = await findLocalFiles(path);
  assert.ok(file !== undefined);
  await using table = await openParquet(file);
  const positions = names.map((name) => table.header.indexOf(name));
  const rows = [];
  for await (const { number, cells } of table.rows(new Set(positions))) {
    rows.push(positions.map((position) => cells[position] ?? ''));
    assert.equal(number, rows.length);
  }
  return rows;
}

const column = async (name: string, of: string): Promise<readonly string[]> =>
  (await read(join(FIXTURES, name), of)).map(([text = '']) => text);

async function write(content: ArrayBuffer | Uint8Array): Promise<string> {
  const path = join(folder, `${writes++}.parquet`);
  await writeFile(path, content instanceof ArrayBuffer ? new Uint8Array(content) : content);
  return path;
}

const codeIs = (code: string) => (error: unknown) => error instanceof ApportionError && error.code === code;

test('every digit of a decimal is read, whatever it is stored as and packed with', async () => {
  const digits = ['12345678901234.567890123456', '-0.000000000001', '0.1', '-99999999999999.999999999999'];
  for (const name of [
    ...['decimal-fixed', 'decimal-fixed-v2-zstd', 'decimal-fixed-plain-gzip', 'decimal-256-brotli', 'row-groups-lz4'],
    ...['time-millis', 'tags-list'],
  ]) {
    assert.deepEqual(await column(`${name}.parquet`, 'BilledCost'), digits, name);
  }
  assert.deepEqual(await column('decimal-int32.parquet', 'BilledCost'), ['1.23', '-0.01', '0.1', '-9999999.99']);
  assert.deepEqual(await column('decimal-int64.parquet', 'EffectiveCost'), [
    '1.23',
    '-0.01',
    '0.1',
    '-9999999999999999.99',
  ]);
});

test('text stays as it is, and a double is the shortest text that is read back as it', async () => {
  const [first, ...others] = await column('text.parquet', 'BilledCost');
  assert.deepEqual(
    [first, ...others],
    ['12345678901234.567890123456', '-1E-12', '0.100000000000', '-99999999999999.999999999999'],
  );
  const doubles = ['0.1', '-1e-7', '20.52022672899', '1e+21'];
  assert.deepEqual(await column('double.parquet', 'BilledCost'), doubles);
  assert.deepEqual(await column('double-split.parquet', 'BilledCost'), doubles);
  assert.deepEqual(await column('float.parquet', 'BilledCost'), ['0.1', '-1e-7', '20.52', '10000000000']);
});

test('times are UTC in all forms that writers have', async () => {
  const forms = {
    'time-millis': '2024-09-18T22:00:00.000Z',
    'decimal-fixed': '2024-09-18T22:00:00.000000Z',
    'time-local': '2024-09-18T22:00:00.000000Z',
    'time-nanos': '2024-09-18T22:00:00.000000000Z',
    'time-int96': '2024-09-18T22:00:00.000000000Z',
  };
  for (const [name, text] of Object.entries(forms)) {
    assert.deepEqual(await column(`${name}.parquet`, 'ChargePeriodStart'), Array(4).fill(text), name);
  }
});

test('tags are the same from a map, a list of records and a text, none lost and none made up', async () => {
  const tags = ['{"team":"asr","__proto__":"kept","empty":""}', '', '{}', '{"team":"Übermut 🎷","null":null}'];
  for (const name of ['decimal-fixed', 'decimal-fixed-v2-zstd', 'row-groups-lz4', 'tags-list', 'tags-json']) {
    assert.deepEqual(await column(`${name}.parquet`, 'Tags'), tags, name);
  }
  assert.deepEqual(await column('tags-twice.parquet', 'Tags'), ['{"team":"asr","team":"tts"}', '', '', '']);
});

test('null is empty, and what is not used is not read', async () => {
  assert.deepEqual(await column('decimal-fixed.parquet', 'ResourceId'), ['', 'i-1', 'i-2', 'i-3']);
  await assert.rejects(column('decimal-fixed.parquet', 'x_Unused'), codeIs('focus_columns'));
});

test('whatever decimal was written is read, with all digits', async () => {
  const scaled = fc.record({
    precision: fc.integer({ min: 1, max: 38 }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  const digits = fc.array(fc.option(fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n })), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(scaled, digits, async ({ precision, part }, values) => {
      const scale = Math.floor(part * precision);
      const limit = 10n ** BigInt(precision);
      const data = values.map((value) => (value === null ? null : value % limit));
      for (const type of physicalTypes(precision)) {
        const schema = [
          { name: 'root', num_children: 1 },
          { name: 'cost', repetition_type: 'OPTIONAL', converted_type: 'DECIMAL', precision, scale, ...type } as const,
        ];
        const path = await write(parquetWriteBuffer({ columnData: [{ name: 'cost', data }], schema, rowGroupSize: 3 }));
        const expected = data.map((value) => (value === null ? '' : formatDecimal({ digits: value, scale })));
        assert.deepEqual(
          await read(path, 'cost'),
          expected.map((text) => [text]),
        );
      }
    }),
    { numRuns: FILE_RUNS },
  );
});

function physicalTypes(
  precision: number,
): readonly { type: 'INT32' | 'INT64' | 'BYTE_ARRAY' | 'FIXED_LEN_BYTE_ARRAY'; type_length?: number }[] {
  return [
    ...(precision <= 9 ? [{ type: 'INT32' } as const] : []),
    ...(precision <= 18 ? [{ type: 'INT64' } as const] : []),
    { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16 },
    { type: 'BYTE_ARRAY' },
  ];
}

test('a file cut anywhere is told as damaged, and no part of it is a shorter file', async () => {
  const whole = await readFile(join(FIXTURES, 'row-groups-lz4.parquet'));
  for (let bytes = 0; bytes < whole.length; bytes += 97) {
    await assert.rejects(read(await write(whole.subarray(0, bytes)), 'BilledCost', 'Tags'), codeIs('file_damaged'));
  }
});

test('whatever byte is wrong, a file is read or told as damaged, and nothing else happens', async () => {
  const whole = await readFile(join(FIXTURES, 'decimal-fixed.parquet'));
  const outcomes = { read: 0, damaged: 0 };
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (position, change) => {
      const bytes = Uint8Array.from(whole);
      bytes[position] = (bytes[position] ?? 0) ^ change;
      const [file] = await findLocalFiles(await write(bytes));
      assert.ok(file !== undefined);
      try {
        await using table = await openParquet(file);
        const rows = [];
        for await (const row of table.rows(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11]))) rows.push(row);
        outcomes.read++;
      } catch (error) {
        assert.ok(error instanceof ApportionError, String(error instanceof Error ? error.stack : error));
        outcomes.damaged++;
      }
    }),
    { numRuns: Number(PROPERTY_RUNS) },
  );
  assert.ok(outcomes.read > 0 && outcomes.damaged > 0, JSON.stringify(outcomes));
});

test('a row group that would not fit into memory is refused before it is read', async () => {
  const data = new Array(2 * 1024 * 1024 + 1).fill('x');
  const options = { columnData: [{ name: 'cost', data, type: 'STRING' as const }], rowGroupSize: data.length };
  await assert.rejects(read(await write(parquetWriteBuffer(options)), 'cost'), codeIs('focus_row_group'));
});

test('texts that are no UTF-8 are damage', async () => {
  const whole = await readFile(join(FIXTURES, 'text.parquet'));
  const place = whole.indexOf('Übermut');
  assert.ok(place >= 0);
  whole[place + 1] = 0x20;
  await assert.rejects(read(await write(whole), 'Tags'), codeIs('file_damaged'));
});
