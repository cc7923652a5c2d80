import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import type { CostReport } from '../../schemas/cost-report.ts';
import { focusFileShape, type S3Config } from './config.ts';
import type { FoundFile } from './found-file.ts';
import { readFocusFiles } from './read-files.ts';
import { S3Objects } from './s3-objects.ts';
import { type Change, type RecordedAnswer, replayS3, s3Refusal } from './testing/replay-s3.ts';
import { BUCKET, objectsOfBucket, PREFIX } from './testing/s3-bills.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'apportion-s3-'));
  for (const [key, content] of Object.entries(await objectsOfBucket())) {
    await mkdir(dirname(join(folder, key)), { recursive: true });
    await writeFile(join(folder, key), content);
  }
  // Nothing of this machine may reach the tests: neither its credentials nor its profile nor its role.
  for (const name of ['AWS_PROFILE', 'AWS_SESSION_TOKEN', 'AWS_REGION']) delete process.env[name];
  process.env['AWS_CONFIG_FILE'] = process.env['AWS_SHARED_CREDENTIALS_FILE'] = join(folder, 'none');
  process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
  process.env['AWS_ACCESS_KEY_ID'] = process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
});
after(async () => {
  await rm(folder, { recursive: true });
});

const settings = (endpoint: string): S3Config => ({ endpoint, region: 'us-east-1', forcePathStyle: true });

async function reportsOf(path: string, s3?: S3Config): Promise<readonly CostReport[]> {
  const config = focusFileShape.parse({ paths: [path], observedAt: '2024-10-20T00:00:00Z', s3 });
  const reports: CostReport[] = [];
  await readFocusFiles(config, async (report) => {
    reports.push(report);
  });
  return reports;
}

/** Reads the bucket from a server whose answers are changed. */
async function readChanged(change: Change): Promise<readonly CostReport[]> {
  await using server = await replayS3(change);
  return await reportsOf(PREFIX, settings(server.endpoint));
}

async function find(path: string, change?: Change, pageKeys?: number): Promise<readonly FoundFile[]> {
  await using server = await replayS3(change);
  const objects = new S3Objects(settings(server.endpoint), pageKeys);
  try {
    return await objects.find(path);
  } finally {
    objects.close();
  }
}

const isListing = ({ request }: RecordedAnswer): boolean => request.includes('list-type=2');
const isCsv = ({ request }: RecordedAnswer): boolean => request.includes('focus-00001.csv?');
const isPiece = ({ request }: RecordedAnswer): boolean => request.includes(' bytes=');

test('a bucket gives the reports that the same files give on a disk, and its manifests are no exports', async () => {
  await using server = await replayS3();
  const reports = await reportsOf(PREFIX, settings(server.endpoint));
  assert.equal(reports.length, 3);
  assert.deepEqual(reports, await reportsOf(join(folder, 'focus')));
  assert.equal(server.requests.filter((request) => request.includes('list-type=2')).length, 2);
});

test('an object by its key, and all pages of a prefix, are found by listing alone', async () => {
  const [object, ...others] = await find(`s3://${BUCKET}/gone/focus-00001.csv`);
  assert.deepEqual(
    [object?.path, object?.bytes, others.length],
    ['s3://bills/gone/focus-00001.csv', (await objectsOfBucket())['gone/focus-00001.csv']?.length, 0],
  );
  assert.deepEqual(await find(PREFIX, undefined, 2).then(namesOf), await find(PREFIX).then(namesOf));
  assert.equal((await find(PREFIX)).length, 4);
  assert.deepEqual(await find(`s3://${BUCKET}/nothing/`), []);
});

const namesOf = (files: readonly FoundFile[]): string[] => files.map(({ path }) => path);

test('a listing that turns in a circle is left', async () => {
  let first = '';
  const circle: Change = (answer) => {
    const xml = Buffer.from(answer.body, 'base64').toString();
    const [token = ''] = /<NextContinuationToken>.*<\/NextContinuationToken>/.exec(xml) ?? [];
    first ||= token;
    const turned = xml
      .replace(/<IsTruncated>false<\/IsTruncated>/i, `<IsTruncated>true</IsTruncated>${first}`)
      .replace(token, first);
    return { ...answer, body: Buffer.from(turned).toString('base64') };
  };
  await assert.rejects(find(PREFIX, circle, 2), { code: 's3_listing' });
});

test('an object that changed or went after it was listed is not read', async () => {
  await using server = await replayS3();
  const objects = new S3Objects(settings(server.endpoint));
  const [changing] = await objects.find(`s3://${BUCKET}/changing/`);
  const [gone] = await objects.find(`s3://${BUCKET}/gone/focus-00001.csv`);
  await assert.rejects(changing?.read(0, 10) ?? Promise.resolve(), { code: 'focus_changed', message: /changing/ });
  await assert.rejects(gone?.open() ?? Promise.resolve(), { code: 'focus_changed' });
  objects.close();
});

test('an object that changes after it was read makes the set another', async () => {
  let listings = 0;
  const changing: Change = (answer) => {
    if (!isListing(answer) || ++listings === 1) return answer;
    const xml = Buffer.from(answer.body, 'base64').toString().replace('<ETag>"9b', '<ETag>"00');
    return { ...answer, body: Buffer.from(xml).toString('base64') };
  };
  await assert.rejects(readChanged(changing), { code: 'focus_changed', message: /2024-07/ });
});

test('a body that is cut is no shorter file', async () => {
  await assert.rejects(
    readChanged((answer) => (isCsv(answer) ? { ...answer, cut: 150 } : answer)),
    { code: 's3_away', message: /2024-07\/focus-00001\.csv/ },
  );
  await assert.rejects(
    readChanged((answer) => (isPiece(answer) ? { ...answer, cut: 20 } : answer)),
    { code: 's3_away' },
  );
  // Behind a proxy a body may end early and in good order.
  const shorter: Change = (answer) => (isPiece(answer) ? { ...answer, body: answer.body.slice(0, 20) } : answer);
  await assert.rejects(readChanged(shorter), { code: 's3_away', message: /came as 15 of \d+ bytes/ });
});

test('each refusal of the store says what to do', async () => {
  const refusals = {
    AccessDenied: [403, 's3_denied'],
    InvalidAccessKeyId: [403, 's3_credentials'],
    AuthorizationHeaderMalformed: [400, 's3_region'],
    InvalidObjectState: [403, 's3_archived'],
    SlowDown: [503, 's3_away'],
    InternalError: [500, 's3_away'],
    Mystery: [400, 's3_refused'],
  } as const;
  for (const [name, [status, code]] of Object.entries(refusals)) {
    const refusing: Change = (answer) => (isListing(answer) ? answer : s3Refusal(answer.request, status, name));
    await assert.rejects(readChanged(refusing), { code, message: new RegExp(`${status} ${name}`) }, name);
  }
  await assert.rejects(find('s3://no-such-bucket-here/focus/'), { code: 's3_no_bucket' });
  await assert.rejects(find('s3:///focus/'), { code: 's3_path' });
});

test('a store that is slow for a moment is asked again', async () => {
  let refused = 0;
  const slow: Change = (answer) => (refused++ < 2 ? s3Refusal(answer.request, 503, 'SlowDown') : answer);
  assert.equal((await readChanged(slow)).length, 3);
});

test('nobody at the other end, no region and no credentials are told apart', async () => {
  const server = await replayS3();
  await server[Symbol.asyncDispose]();
  await assert.rejects(reportsOf(PREFIX, settings(server.endpoint)), { code: 's3_away' });
  await assert.rejects(reportsOf(PREFIX, { forcePathStyle: false }), { code: 's3_region' });
  const { AWS_ACCESS_KEY_ID: id = '', AWS_SECRET_ACCESS_KEY: secret = '' } = process.env;
  delete process.env['AWS_ACCESS_KEY_ID'];
  delete process.env['AWS_SECRET_ACCESS_KEY'];
  try {
    await assert.rejects(reportsOf(PREFIX, settings(server.endpoint)), { code: 's3_credentials' });
  } finally {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret });
  }
});
