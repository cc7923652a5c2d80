import assert from 'node:assert/strict';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { createJournalMemory, type JournalMemory } from '../../runtime/memory/journal.ts';
import { dayOf } from '../../schemas/day.ts';
import { Polled } from '../../test/sources/polled.ts';

const HEADER =
  'ProviderName,BillingAccountId,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ServiceName,BilledCost,EffectiveCost';
const ROW = 'AWS,123,USD,2024-09-18T22:00:00Z,2024-09-18T23:00:00Z,Usage,EC2,1.5,1.25';
const OTHER_ROW = ROW.replace('123', '456');
const DAY = dayOf(Date.parse('2024-09-18'));

let folder = '';
let memory: JournalMemory = createJournalMemory();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'apportion-fingerprint-'));
  memory = createJournalMemory();
  await put('one.csv', ROW);
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const put = (name: string, ...rows: readonly string[]): Promise<void> =>
  writeFile(join(folder, name), [HEADER, ...rows, ''].join('\n'));

function polled(options: object = {}): Polled {
  const clock = { nowMs: Date.parse('2024-10-20T00:00:00Z') };
  return new Polled({ name: 'focus-file', settings: { paths: [folder], ...options }, clock, memory });
}

/** What a poll came to: reports that were sent, and days that were read and had not changed. */
async function poll(options: object = {}, days: { from: typeof DAY; to: typeof DAY } | null = null) {
  const { summary, faultCount } = await polled(options).poll({ days });
  const [, sent, same] = /^(\d+) reports sent, (\d+) days unchanged/.exec(summary) ?? [];
  return { sent: Number(sent), same: Number(same), faultCount };
}

const NOTHING_READ = { sent: 0, same: 0, faultCount: 0 };

test('files that did not change are not read again', async () => {
  assert.deepEqual(await poll(), { sent: 1, same: 0, faultCount: 0 });
  assert.deepEqual(await poll(), NOTHING_READ);
});

test('all files are read again when one comes, changes or goes, and only what is new is sent', async () => {
  await poll();
  await put('two.csv', OTHER_ROW);
  assert.deepEqual(await poll(), { sent: 1, same: 1, faultCount: 0 });
  await utimes(join(folder, 'one.csv'), 0, 0);
  assert.deepEqual(await poll(), { sent: 0, same: 2, faultCount: 0 });
  await put('two.csv', OTHER_ROW, OTHER_ROW);
  assert.deepEqual(await poll(), { sent: 1, same: 1, faultCount: 0 });
  await rm(join(folder, 'two.csv'));
  assert.deepEqual(await poll(), { sent: 0, same: 1, faultCount: 0 });
  assert.deepEqual(await poll(), NOTHING_READ);
});

test('files are read again when the settings give other reports, and not for others', async () => {
  await poll();
  assert.deepEqual(await poll({ maxSums: 7, s3: { region: 'eu-west-1' } }), NOTHING_READ);
  assert.deepEqual(await poll({ sources: { AWS: 'payer' } }), { sent: 1, same: 0, faultCount: 0 });
  assert.deepEqual(await poll({ sources: { AWS: 'payer' } }), NOTHING_READ);
});

test('files with a fault are read until they have none', async () => {
  await put('one.csv', ROW, ROW.replace('1.5', '1,5'));
  assert.equal((await poll()).faultCount, 1);
  assert.equal((await poll()).faultCount, 1);
  await put('one.csv', ROW);
  assert.deepEqual(await poll(), { sent: 1, same: 0, faultCount: 0 });
  assert.deepEqual(await poll(), NOTHING_READ);
});

test('what could not be published is read again', async () => {
  memory.failure = new Error('away');
  await assert.rejects(poll(), /away/);
  assert.deepEqual(await poll(), { sent: 1, same: 0, faultCount: 0 });
});

test('a run for some days neither asks what was read before nor changes it', async () => {
  const days = { from: DAY, to: DAY };
  assert.deepEqual(await poll({}, days), { sent: 1, same: 0, faultCount: 0 });
  assert.deepEqual(await poll(), { sent: 0, same: 1, faultCount: 0 });
  assert.deepEqual(await poll(), NOTHING_READ);
  assert.deepEqual(await poll({}, days), { sent: 0, same: 1, faultCount: 0 });
});
