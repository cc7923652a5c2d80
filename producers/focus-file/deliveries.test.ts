import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApportionError } from '../../runtime/errors.ts';
import { refuseTwoForms, selectDeliveries } from './deliveries.ts';
import type { FoundFile } from './found-file.ts';

/** A file that is only looked at from outside. */
function file(id: string, modifiedMs = 0): FoundFile {
  const unread = async (): Promise<never> => assert.fail(`${id} is read`);
  return { id, path: id, bytes: 1, modifiedMs, version: '1', open: unread, read: unread };
}

const isTwice = (error: unknown) => error instanceof ApportionError && error.code === 'focus_same_file_twice';
const MONTH = 's3://bills/focus/data/BILLING_PERIOD=2024-09';
const FIRST = `${MONTH}/2024-09-18T12:00:00.000Z-0f9a1f6e-6d0f-4f1e-9d6c-1c1c7f6a0b11`;
const SECOND = `${MONTH}/2024-09-19T12:00:00.000Z-7bb3c1de-52f1-4a5e-8a3b-2f7d9e3b6c22`;

test('two runs of one export never count together: they are refused, or the newer counts alone', () => {
  const other = file('s3://bills/focus/data/BILLING_PERIOD=2024-08/focus-00001.csv.gz', 9);
  const first = [file(`${FIRST}/focus-00001.csv.gz`, 1), file(`${FIRST}/focus-00002.csv.gz`, 2)];
  const second = [file(`${SECOND}/focus-00001.csv.gz`, 3), file(`${SECOND}/focus-00002.csv.gz`, 3)];
  assert.deepEqual(selectDeliveries([other, ...first], 'one'), [other, ...first]);
  assert.throws(() => selectDeliveries([...first, ...second], 'one'), isTwice);
  assert.deepEqual(selectDeliveries([other, ...first, ...second], 'newest'), [other, ...second]);
  assert.deepEqual(selectDeliveries([...second, ...first, other], 'newest'), [...second, other]);
});

test('a file that an overwriting export left beside the folders of runs is a run too', () => {
  const left = file(`${MONTH}/focus-00001.csv.gz`, 1);
  const first = file(`${FIRST}/focus-00001.csv.gz`, 2);
  assert.throws(() => selectDeliveries([left, first], 'one'), isTwice);
  assert.deepEqual(selectDeliveries([left, first], 'newest'), [first]);
});

test('the runs of Azure are known by their ids, and of equal age the greater name is newer', () => {
  const [first, second] = ['1d4c', 'f00d'].map((start) =>
    file(`/exports/focus/20240901-20240930/0000${start}-0000-4000-8000-000000000000/part_0_0001.csv`),
  );
  assert.ok(first !== undefined && second !== undefined);
  assert.throws(() => selectDeliveries([first, second], 'one'), isTwice);
  assert.deepEqual(selectDeliveries([first, second], 'newest'), [second]);
});

test('other folders beside each other all count', () => {
  const files = ['a/one.csv', 'b/one.csv', 'one.csv', '2024-09-18/one.csv', '2024-09-19/one.csv'].map((id) => file(id));
  assert.deepEqual(selectDeliveries(files, 'one'), files);
});

test('one export in two forms is refused', () => {
  const forms = ['x.csv', 'x.csv.gz', 'x.parquet', 'x.snappy.parquet', 'x.gz.parquet', 'x.ZSTD.parquet', 'x.CSV'];
  for (const form of forms) {
    for (const other of forms) {
      if (form !== other) assert.throws(() => refuseTwoForms([file(form), file(other)]), isTwice, `${form} ${other}`);
    }
  }
  refuseTwoForms(
    ['x-1.csv', 'x-2.csv', 'y/x-1.csv', 'x-1.csv.bak', 'x.1.parquet', 'x.2.parquet'].map((id) => file(id)),
  );
});
