/** FOCUS exports in a bucket of moto. The recordings are what `npm test` replays. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { focusFileShape, type S3Config } from '../../producers/focus-file/config.ts';
import { readFocusFiles } from '../../producers/focus-file/read-files.ts';
import { S3Objects } from '../../producers/focus-file/s3-objects.ts';
import { BUCKET, CHANGED, objectsOfBucket, PREFIX } from '../../producers/focus-file/testing/s3-bills.ts';
import type { CostReport } from '../../schemas/cost-report.ts';
import { useAwsCredentials } from '../sources/aws-credentials.ts';
import { realMoto } from './environment.ts';
import { keepRecording } from './keep-recording.ts';
import { emptyMoto } from './moto.ts';
import { Recorder } from './recorder.ts';

const moto = realMoto();

useAwsCredentials();

const settings = (endpoint: string) => ({ endpoint, region: 'us-east-1', forcePathStyle: true }) satisfies S3Config;
const direct = new S3Client(settings(moto));

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'apportion-focus-s3-'));
  for (const [key, content] of Object.entries(await objectsOfBucket())) {
    await mkdir(dirname(join(folder, key)), { recursive: true });
    await writeFile(join(folder, key), content);
  }
});
after(async () => {
  direct.destroy();
  await rm(folder, { recursive: true });
});

test('a bucket gives the reports that the same files give on a disk', async (t) => {
  const recorder = await recorderBeforeBucket(t);
  const reports = await reportsOf(PREFIX, recorder);
  assert.equal(reports.length, 3);
  assert.deepEqual(reports, await reportsOf(join(folder, 'focus')));
  await keepRecording(recorder, 'aws-s3/focus-exports');
});

test('an object by its key, all pages of a prefix, and nothing are found by listing alone', async (t) => {
  const recorder = await recorderBeforeBucket(t);
  const objects = objectsOf(t, recorder, 2);
  assert.equal((await objects.find(`s3://${BUCKET}/gone/focus-00001.csv`)).length, 1);
  assert.equal((await objects.find(PREFIX)).length, 4);
  assert.deepEqual(await objects.find(`s3://${BUCKET}/nothing/`), []);
  const nowhere = objects.find('s3://no-such-bucket-here/focus/');
  await assert.rejects(nowhere, { code: 's3_no_bucket', message: /no-such-bucket/ });
  await keepRecording(recorder, 'aws-s3/focus-listings');
});

test('an object that is another one by now, or gone, is not read', async (t) => {
  const recorder = await recorderBeforeBucket(t);
  const objects = objectsOf(t, recorder);
  const [changing] = await objects.find(`s3://${BUCKET}/changing/`);
  const [gone] = await objects.find(`s3://${BUCKET}/gone/focus-00001.csv`);
  await put('changing/focus-00001.csv', CHANGED);
  await direct.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'gone/focus-00001.csv' }));
  await assert.rejects(changing?.read(0, 10) ?? Promise.resolve(), { code: 'focus_changed' });
  await assert.rejects(gone?.open() ?? Promise.resolve(), { code: 'focus_changed' });
  await keepRecording(recorder, 'aws-s3/focus-changed');
});

async function recorderBeforeBucket(t: TestContext): Promise<Recorder> {
  await emptyMoto(moto);
  await direct.send(new CreateBucketCommand({ Bucket: BUCKET }));
  for (const [key, content] of Object.entries(await objectsOfBucket())) await put(key, content);
  const recorder = await Recorder.before({ url: moto });
  t.after(() => recorder.close());
  return recorder;
}

function objectsOf(t: TestContext, { url }: Recorder, pageKeys?: number): S3Objects {
  const objects = new S3Objects(settings(url), pageKeys);
  t.after(() => objects.close());
  return objects;
}

async function put(key: string, content: Uint8Array): Promise<void> {
  await direct.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: content }));
}

async function reportsOf(path: string, recorder?: Recorder): Promise<readonly CostReport[]> {
  const s3 = recorder === undefined ? undefined : settings(recorder.url);
  const config = focusFileShape.parse({ paths: [path], observedAt: '2024-10-20T00:00:00Z', s3 });
  const reports: CostReport[] = [];
  await readFocusFiles(config, async (report) => {
    reports.push(report);
  });
  return reports;
}
