import assert from 'node:assert/strict';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { Publisher } from '../../runtime/publisher.ts';
import { type FocusMemory, type FocusResult, sendFocusFiles } from '../focus-file.ts';
import { focusFileShape } from './config.ts';

const HEADER =
  'ProviderName,BillingAccountId,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ServiceName,BilledCost,EffectiveCost';
const ROW = 'AWS,123,USD,2024-09-18T22:00:00Z,2024-09-18T23:00:00Z,Usage,EC2,1.5,1.25';

let folder = '';
let known: string | null = null;
let published = 0;
const memory: FocusMemory = {
  load: async () => known,
  save: async (fingerprint) => {
    known = fingerprint;
  },
};
const publisher: Publisher = {
  publish: async (_topic, values) => {
    published += values.length;
  },
  close: async () => {},
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'apportion-fingerprint-'));
  known = null;
  published = 0;
  await put('one.csv', ROW);
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const put = (name: string, ...rows: readonly string[]): Promise<void> =>
  writeFile(join(folder, name), [HEADER, ...rows, ''].join('\n'));

function send(options: object = {}): Promise<FocusResult> {
  return sendFocusFiles(focusFileShape.parse({ paths: [folder], ...options }), publisher, undefined, memory);
}

test('files that did not change are not read again', async () => {
  assert.equal((await send()).isUnchanged, false);
  assert.equal(published, 1);
  const again = await send();
  assert.deepEqual([again.isUnchanged, again.files, again.rows, again.reports], [true, 1, 0, 0]);
  assert.equal(published, 1);
});

test('all files are read again when one comes, changes or goes', async () => {
  await send();
  await put('two.csv', ROW.replace('123', '456'));
  assert.equal((await send()).rows, 2);
  await utimes(join(folder, 'one.csv'), 0, 0);
  assert.equal((await send()).rows, 2);
  await put('two.csv', ROW.replace('123', '456'), ROW.replace('123', '456'));
  assert.equal((await send()).rows, 3);
  await rm(join(folder, 'two.csv'));
  assert.equal((await send()).rows, 1);
  assert.equal((await send()).isUnchanged, true);
});

test('files are read again when the settings give other reports, and not for others', async () => {
  await send();
  assert.equal((await send({ maxSums: 7, s3: { region: 'eu-west-1' } })).isUnchanged, true);
  assert.equal((await send({ sources: { AWS: 'payer' } })).isUnchanged, false);
  assert.equal((await send({ sources: { AWS: 'payer' } })).isUnchanged, true);
});

test('files with a fault are read until they have none', async () => {
  await put('one.csv', ROW, ROW.replace('1.5', '1,5'));
  assert.equal((await send()).faultCount, 1);
  assert.equal((await send()).faultCount, 1);
  await put('one.csv', ROW);
  assert.equal((await send()).isUnchanged, false);
  assert.equal((await send()).isUnchanged, true);
});

test('what could not be published is read again', async () => {
  const broken: Publisher = { ...publisher, publish: () => Promise.reject(new Error('away')) };
  const config = focusFileShape.parse({ paths: [folder] });
  await assert.rejects(sendFocusFiles(config, broken, undefined, memory), /away/);
  assert.equal((await send()).reports, 1);
});

test('a run for some days neither asks the memory nor changes it', async () => {
  const config = focusFileShape.parse({ paths: [folder] });
  await sendFocusFiles(config, publisher, () => false, memory);
  assert.equal(known, null);
  await send();
  assert.equal((await sendFocusFiles(config, publisher, () => true, memory)).reports, 1);
});
