/** What the real AWS SDK does with answers over the wire. The recordings are what `npm test` replays. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  CostExplorerClient,
  GetCostAndUsageCommand,
  type GetCostAndUsageCommandInput,
  LimitExceededException,
  type ResultByTime,
} from '@aws-sdk/client-cost-explorer';
import {
  CreateBucketCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { realMoto } from './environment.ts';
import { refusal } from './fault.ts';
import { keepRecording } from './keep-recording.ts';
import { presetCostExplorer, threeDaysOfCosts } from './moto-cost-explorer.ts';
import { Recorder } from './recorder.ts';

const moto = realMoto();
const account = { region: 'us-east-1', credentials: { accessKeyId: 'x', secretAccessKey: 'y' } };

test('Cost Explorer gives its pages by NextPageToken, and text amounts as they are', async (t) => {
  const recorder = await recorderBefore(t);
  await presetCostExplorer(moto, threeDaysOfCosts);
  const client = new CostExplorerClient({ ...account, endpoint: recorder.url });
  const results = await allPages(client);
  await keepRecording(recorder, 'aws-cost-explorer/three-days');
  assert.deepEqual(
    results,
    threeDaysOfCosts.flatMap((page) => page.ResultsByTime),
  );
});

test('the SDK repeats a refused request by itself, and each repetition is a request that may be charged', async (t) => {
  const recorder = await recorderBefore(t);
  await presetCostExplorer(moto, [{ ResultsByTime: [] }]);
  const client = new CostExplorerClient({ ...account, endpoint: recorder.url });
  recorder.inject({ times: 1, fault: limitExceeded() });
  const { $metadata } = await client.send(new GetCostAndUsageCommand(input));
  assert.equal($metadata.attempts, 2);
});

test('a lasting refusal comes as LimitExceededException with status 400', async (t) => {
  const recorder = await recorderBefore(t);
  const client = new CostExplorerClient({ ...account, endpoint: recorder.url, maxAttempts: 1 });
  recorder.inject({ times: 1, fault: limitExceeded() });
  await assert.rejects(client.send(new GetCostAndUsageCommand(input)), (error) => {
    assert.ok(error instanceof LimitExceededException);
    assert.equal(error.$metadata.httpStatusCode, 400);
    return true;
  });
});

test('a gateway that answers with a page of HTML is an error with its status', async (t) => {
  const recorder = await recorderBefore(t);
  const client = new CostExplorerClient({ ...account, endpoint: recorder.url, maxAttempts: 1 });
  const answer = { status: 502, headers: { 'content-type': 'text/html' }, body: Buffer.from('<html>no</html>') };
  recorder.inject({ times: 1, fault: { kind: 'answer', answer } });
  // The SDK has a SyntaxError for it: only the status tells that asking again may help.
  await assert.rejects(client.send(new GetCostAndUsageCommand(input)), (error) => {
    assert.ok(error instanceof SyntaxError && '$metadata' in error);
    assert.partialDeepStrictEqual(error.$metadata, { httpStatusCode: 502 });
    return true;
  });
});

test('an answer that is cut is an error, and never half a page', async (t) => {
  const recorder = await recorderBefore(t);
  await presetCostExplorer(moto, threeDaysOfCosts);
  const client = new CostExplorerClient({ ...account, endpoint: recorder.url, maxAttempts: 1 });
  recorder.inject({ times: 1, fault: { kind: 'cut', afterBytes: 300 } });
  await assert.rejects(client.send(new GetCostAndUsageCommand(input)));
});

test('Secrets Manager gives a secret, and says when there is none', async (t) => {
  const recorder = await recorderBefore(t);
  const direct = new SecretsManagerClient({ ...account, endpoint: moto });
  await direct.send(new CreateSecretCommand({ Name: 'cast-ai-key', SecretString: 'planted' }));
  const client = new SecretsManagerClient({ ...account, endpoint: recorder.url });
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: 'cast-ai-key' }));
  assert.equal(SecretString, 'planted');
  await assert.rejects(client.send(new GetSecretValueCommand({ SecretId: 'nothing' })), ResourceNotFoundException);
  await keepRecording(recorder, 'aws-secrets-manager/found-and-not-found');
});

test('S3 lists in pages and gives what was put, and says when there is nothing', async (t) => {
  const recorder = await recorderBefore(t);
  const keys = ['2026/03/01.csv', '2026/03/02.csv', '2026/04/01.csv'];
  const direct = new S3Client({ ...account, endpoint: moto, forcePathStyle: true });
  await direct.send(new CreateBucketCommand({ Bucket: 'exports' }));
  for (const Key of keys) await direct.send(new PutObjectCommand({ Bucket: 'exports', Key, Body: `rows of ${Key}` }));
  const client = new S3Client({ ...account, endpoint: recorder.url, forcePathStyle: true });
  const listed: (string | undefined)[] = [];
  for await (const page of paginateListObjectsV2({ client, pageSize: 2 }, { Bucket: 'exports' })) {
    listed.push(...(page.Contents ?? []).map(({ Key }) => Key));
  }
  assert.deepEqual(listed, keys);
  const { Body } = await client.send(new GetObjectCommand({ Bucket: 'exports', Key: '2026/04/01.csv' }));
  assert.equal(await Body?.transformToString(), 'rows of 2026/04/01.csv');
  await assert.rejects(client.send(new GetObjectCommand({ Bucket: 'exports', Key: 'nothing' })), NoSuchKey);
  await keepRecording(recorder, 'aws-s3/list-and-get');
});

const input: GetCostAndUsageCommandInput = {
  TimePeriod: { Start: '2026-03-01', End: '2026-03-04' },
  Granularity: 'DAILY',
  Metrics: ['UnblendedCost', 'NetAmortizedCost'],
  GroupBy: [
    { Type: 'DIMENSION', Key: 'SERVICE' },
    { Type: 'DIMENSION', Key: 'RECORD_TYPE' },
  ],
};

/** There is no paginator for this call, and no page size. */
async function allPages(client: CostExplorerClient): Promise<readonly ResultByTime[]> {
  const results: ResultByTime[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(new GetCostAndUsageCommand({ ...input, NextPageToken: token }));
    results.push(...(page.ResultsByTime ?? []));
    token = page.NextPageToken;
  } while (token !== undefined);
  return results;
}

/** AWS says so with status 400: https://github.com/aws/aws-sdk-java/issues/1662 */
function limitExceeded(): ReturnType<typeof refusal> {
  return refusal(
    400,
    { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': 'LimitExceededException' },
    { __type: 'LimitExceededException', Message: 'Rate exceeded' },
  );
}

/** A recorder before an empty moto. */
async function recorderBefore(t: TestContext): Promise<Recorder> {
  await fetch(`${moto}/moto-api/reset`, { method: 'POST' });
  const recorder = await Recorder.before({ url: moto });
  t.after(() => recorder.close());
  return recorder;
}
