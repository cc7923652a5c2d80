import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import type { CostReport } from '../../schemas/cost-report.ts';
import { type Exchange, readExchanges, recordingFolder } from '../../test/real-servers/exchange.ts';
import type { Fault } from '../../test/real-servers/fault.ts';
import { Replay } from '../../test/real-servers/replay.ts';
import { useAwsCredentials } from '../../test/sources/aws-credentials.ts';
import { focusFileShape, type S3Config } from './config.ts';
import { readFocusFiles } from './read-files.ts';
import { S3Objects } from './s3-objects.ts';
import { BUCKET, objectsOfBucket, PREFIX } from './testing/s3-bills.ts';

useAwsCredentials();

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'apportion-s3-'));
  for (const [key, content] of Object.entries(await objectsOfBucket())) {
    await mkdir(dirname(join(folder, key)), { recursive: true });
    await writeFile(join(folder, key), content);
  }
});
after(async () => {
  await rm(folder, { recursive: true });
});

const csv = /2024-07\/focus-00001\.csv/;
const parquet = /2024-09\/focus-00001\.snappy\.parquet/;

/** What a bucket of bills has answered while it was read; and to listings alone. */
const exports = readExchanges(recordingFolder('aws-s3/focus-exports'));
const listings = readExchanges(recordingFolder('aws-s3/focus-listings'));

test('a bucket gives the reports that the same files give on a disk, and its manifests are no exports', async (t) => {
  const replay = await Replay.of(t, exports);
  const reports = await reportsOf(PREFIX, settings(replay));
  assert.equal(reports.length, 3);
  assert.deepEqual(reports, await reportsOf(join(folder, 'focus')));
  assert.deepEqual(replay.unasked, []);
});

test('an object by its key, and all pages of a prefix, are found by listing alone', async (t) => {
  const replay = await Replay.of(t, listings);
  const objects = objectsOf(t, replay, 2);
  const key = 'gone/focus-00001.csv';
  const [object, ...others] = await objects.find(`s3://${BUCKET}/${key}`);
  assert.deepEqual(
    [object?.path, object?.bytes, others.length],
    [`s3://bills/${key}`, (await objectsOfBucket())[key]?.length, 0],
  );
  assert.equal((await objects.find(PREFIX)).length, 4);
  assert.deepEqual(await objects.find(`s3://${BUCKET}/nothing/`), []);
  await assert.rejects(objects.find('s3://no-such-bucket-here/focus/'), { code: 's3_no_bucket' });
  await assert.rejects(objects.find('s3:///focus/'), { code: 's3_path' });
  assert.deepEqual(replay.unasked, []);
});

test('a listing that turns in a circle is left', async (t) => {
  const token = /<NextContinuationToken>.*<\/NextContinuationToken>/;
  const [first] = listings.flatMap(({ answer }) => token.exec(answer.body.toString()) ?? []);
  const circle = listings.map((each) => withText(each, (xml) => xml.replace(token, first ?? '')));
  await assert.rejects(objectsOf(t, await Replay.of(t, circle), 2).find(PREFIX), { code: 's3_listing' });
});

test('an object that changed or went after it was listed is not read', async (t) => {
  const replay = await Replay.start(t, 'aws-s3/focus-changed');
  const objects = objectsOf(t, replay);
  const [changing] = await objects.find(`s3://${BUCKET}/changing/`);
  const [gone] = await objects.find(`s3://${BUCKET}/gone/focus-00001.csv`);
  await assert.rejects(changing?.read(0, 10) ?? Promise.resolve(), { code: 'focus_changed', message: /changing/ });
  await assert.rejects(gone?.open() ?? Promise.resolve(), { code: 'focus_changed' });
  assert.deepEqual(replay.unasked, []);
});

test('an object that changes after it was read makes the set another', async (t) => {
  const isLast = ({ request }: Exchange, at: number): boolean => isListing(request.path) && at > 0;
  const changed = exports.map((each, at) =>
    isLast(each, at) ? withText(each, (xml) => xml.replace(/<ETag>"../, '<ETag>"00')) : each,
  );
  await assert.rejects(read(await Replay.of(t, changed)), { code: 'focus_changed', message: /2024-07/ });
});

for (const [what, file] of [
  ['a whole object', csv],
  ['a piece of an object', parquet],
] as const) {
  test(`${what} that is cut is no shorter file`, async (t) => {
    const cut = await Replay.of(t, exports);
    cut.inject({ path: file, times: 1, fault: { kind: 'cut', afterBytes: 20 } });
    await assert.rejects(read(cut), { code: 's3_away', message: new RegExp(file.source) });
    // Behind a proxy a body may end early and in good order.
    const shorter = exports.map((each) =>
      file.test(each.request.path) ? withBody(each, (all) => all.subarray(0, 150)) : each,
    );
    await assert.rejects(read(await Replay.of(t, shorter)), { code: 's3_away', message: /came as 150 of \d+ bytes/ });
  });
}

test('each refusal of the store says what to do, and is repeated only where that may help', async (t) => {
  const refusals = {
    AccessDenied: [403, 's3_denied', 1],
    InvalidAccessKeyId: [403, 's3_credentials', 1],
    AuthorizationHeaderMalformed: [400, 's3_region', 1],
    InvalidObjectState: [403, 's3_archived', 1],
    SlowDown: [503, 's3_away', 4],
    InternalError: [500, 's3_away', 4],
    Mystery: [400, 's3_refused', 1],
  } as const;
  for (const [name, [status, code, times]] of Object.entries(refusals)) {
    const replay = await Replay.of(t, exports);
    replay.inject({ path: csv, times, fault: s3Refusal(status, name) });
    await assert.rejects(read(replay), { code, message: new RegExp(`${status} ${name}`) }, name);
  }
});

test('a store that is slow for a moment is asked again', async (t) => {
  const replay = await Replay.of(t, exports);
  replay.inject({ times: 2, fault: s3Refusal(503, 'SlowDown') });
  assert.equal((await read(replay)).length, 3);
});

test('nobody at the other end, no region and no credentials are told apart', async (t) => {
  const nobody = settings({ url: 'http://127.0.0.1:1' });
  await assert.rejects(reportsOf(PREFIX, nobody), { code: 's3_away' });
  await assert.rejects(reportsOf(PREFIX, { forcePathStyle: false }), { code: 's3_region' });
  t.after(useAwsCredentials);
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) delete process.env[name];
  await assert.rejects(reportsOf(PREFIX, nobody), { code: 's3_credentials' });
});

const isListing = (path: string): boolean => path.includes('list-type=2');

function settings({ url }: { readonly url: string }): S3Config {
  return { endpoint: url, region: 'us-east-1', forcePathStyle: true };
}

/** All reports of the bucket. */
function read(replay: Replay): Promise<readonly CostReport[]> {
  return reportsOf(PREFIX, settings(replay));
}

async function reportsOf(path: string, s3?: S3Config): Promise<readonly CostReport[]> {
  const config = focusFileShape.parse({ paths: [path], observedAt: '2024-10-20T00:00:00Z', s3 });
  const reports: CostReport[] = [];
  await readFocusFiles(config, async (report) => {
    reports.push(report);
  });
  return reports;
}

function objectsOf(t: TestContext, replay: Replay, pageKeys?: number): S3Objects {
  const objects = new S3Objects(settings(replay), pageKeys);
  t.after(() => objects.close());
  return objects;
}

function withBody({ request, answer }: Exchange, change: (body: Buffer) => Buffer): Exchange {
  return { request, answer: { ...answer, body: change(answer.body) } };
}

function withText(exchange: Exchange, change: (text: string) => string): Exchange {
  return withBody(exchange, (body) => Buffer.from(change(body.toString())));
}

/** An error as S3 writes it: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
function s3Refusal(status: number, code: string): Fault {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${code} it is</Message></Error>`;
  return { kind: 'answer', answer: { status, headers: { 'content-type': 'application/xml' }, body: Buffer.from(xml) } };
}
