import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { type FocusFileConfig, focusFileShape } from '../../producers/focus-file/config.ts';
import { readFocusFiles } from '../../producers/focus-file/read-files.ts';
import { S3Objects } from '../../producers/focus-file/s3-objects.ts';
import { BUCKET, CHANGED, objectsOfBucket, PREFIX } from '../../producers/focus-file/testing/s3-bills.ts';
import type { CostReport } from '../../schemas/cost-report.ts';
import { fillBucket, putObject, removeObject, s3Settings } from './moto-s3.ts';

let folder = '';
before(async () => {
  await fillBucket();
  folder = await mkdtemp(join(tmpdir(), 'apportion-focus-s3-'));
  for (const [key, content] of Object.entries(await objectsOfBucket())) {
    await mkdir(dirname(join(folder, key)), { recursive: true });
    await writeFile(join(folder, key), content);
  }
});
after(async () => {
  await rm(folder, { recursive: true });
});

async function reportsOf(path: string): Promise<readonly CostReport[]> {
  const observedAt = '2024-10-20T00:00:00Z';
  const config: FocusFileConfig = focusFileShape.parse({ paths: [path], observedAt, s3: s3Settings() });
  const reports: CostReport[] = [];
  await readFocusFiles(config, async (report) => {
    reports.push(report);
  });
  return reports;
}

test('a bucket gives the reports that the same files give on a disk', async () => {
  const reports = await reportsOf(PREFIX);
  assert.ok(reports.length > 0);
  assert.deepEqual(reports, await reportsOf(join(folder, 'focus')));
});

test('a listing of many pages is read to its end', async () => {
  const objects = new S3Objects(s3Settings(), 1);
  assert.equal((await objects.find(PREFIX)).length, 4);
  objects.close();
});

test('an object that is another one by now, or gone, is not read', async () => {
  const objects = new S3Objects(s3Settings());
  const [changing] = await objects.find(`s3://${BUCKET}/changing/`);
  const [gone] = await objects.find(`s3://${BUCKET}/gone/focus-00001.csv`);
  await putObject('changing/focus-00001.csv', CHANGED);
  await removeObject('gone/focus-00001.csv');
  await assert.rejects(changing?.read(0, 10) ?? Promise.resolve(), { code: 'focus_changed' });
  await assert.rejects(gone?.open() ?? Promise.resolve(), { code: 'focus_changed' });
  objects.close();
});

test('a bucket that there is not is named', async () => {
  await assert.rejects(reportsOf('s3://no-such-bucket-here/focus/'), {
    code: 's3_no_bucket',
    message: /no-such-bucket/,
  });
});
