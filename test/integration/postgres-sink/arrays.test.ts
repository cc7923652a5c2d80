import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  bigintArray,
  byteaArray,
  dateArray,
  intArray,
  numericArray,
  textArray,
  timestamptzArray,
} from '../../../runtime/postgres/arrays.ts';
import { unitsOf } from '../../../sinks/postgres/values.ts';
import { freshDatabase } from '../stack.ts';
import { SinkWorld } from './sink-world.ts';

const world = new SinkWorld(await freshDatabase());
const RUNS = { numRuns: Math.max(20, Number(process.env['PROPERTY_RUNS'] ?? 500) / 5) };

/** What Postgres makes of an array, as text, in its order. */
async function elements(type: string, array: Buffer): Promise<(string | null)[]> {
  const { rows } = await world.pool.query<{ element: string | null }>(
    `SELECT element::text FROM unnest($1::${type}[]) WITH ORDINALITY AS e (element, place) ORDER BY place`,
    [array],
  );
  return rows.map(({ element }) => element);
}

test('every decimal of up to 40 digits arrives as it was sent', async () => {
  const units = fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n });
  const edges = [0n, 1n, -1n, 9999n, 10n ** 4n, 10n ** 12n, 10n ** 12n - 1n, 10n ** 38n - 1n, -(10n ** 38n) + 1n];
  await fc.assert(
    fc.asyncProperty(fc.array(units), async (random) => {
      const sent = [...edges, ...random];
      const amounts = await elements('numeric', numericArray(sent, 12));
      assert.deepEqual(
        amounts.map((text) => unitsOf(text ?? '')),
        sent,
      );
      assert.deepEqual(await elements('numeric', numericArray(sent, 0)), sent.map(String));
    }),
    RUNS,
  );
});

test('every text without U+0000 arrives as it was sent, and so does null', async () => {
  const text = fc.string({ unit: 'grapheme' }).map((sent) => sent.replaceAll('\0', ''));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(text)), async (sent) => {
      assert.deepEqual(await elements('text', textArray(sent)), sent);
    }),
    RUNS,
  );
});

test('days, instants, whole numbers and bytes arrive as they were sent', async () => {
  assert.deepEqual(await elements('date', dateArray([0, -1, 11016, 83_000])), [
    '1970-01-01',
    '1969-12-31',
    '2000-02-29',
    '2197-03-31',
  ]);
  const instants = ['0001-01-01T00:00:00.000Z', '1999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'];
  const { rows } = await world.pool.query<{ element: Date }>('SELECT unnest($1::timestamptz[]) AS element', [
    timestamptzArray(instants.map((instant) => Date.parse(instant))),
  ]);
  assert.deepEqual(
    rows.map(({ element }) => element.toISOString()),
    instants,
  );
  assert.deepEqual(await elements('int', intArray([2 ** 31 - 1, -(2 ** 31), null])), [
    '2147483647',
    '-2147483648',
    null,
  ]);
  assert.deepEqual(await elements('bigint', bigintArray([2 ** 53 - 1, -(2 ** 53) + 1])), [
    '9007199254740991',
    '-9007199254740991',
  ]);
  assert.deepEqual(await elements('bytea', byteaArray([Buffer.from([0, 255]), Buffer.alloc(0)])), ['\\x00ff', '\\x']);
});
