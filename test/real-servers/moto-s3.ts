import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3Config } from '../../producers/focus-file/config.ts';
import { BUCKET, objectsOfBucket } from '../../producers/focus-file/testing/s3-bills.ts';

/** How to reach moto (`moto_server`, from PyPI `moto[server]`), whose address REAL_MOTO_URL is. */
export function s3Settings(endpoint: string = addressOfMoto()): S3Config & { endpoint: string; region: string } {
  // moto asks nobody who they are; the SDK wants to have looked.
  process.env['AWS_ACCESS_KEY_ID'] = 'test';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
  return { endpoint, region: 'us-east-1', forcePathStyle: true };
}

/** Empties moto, and makes the bucket of the tests. */
export async function fillBucket(): Promise<void> {
  await fetch(`${addressOfMoto()}/moto-api/reset`, { method: 'POST' });
  await send((client) => client.send(new CreateBucketCommand({ Bucket: BUCKET })));
  for (const [key, content] of Object.entries(await objectsOfBucket())) await putObject(key, content);
}

export function putObject(key: string, content: Uint8Array): Promise<void> {
  return send((client) => client.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: content })));
}

export function removeObject(key: string): Promise<void> {
  return send((client) => client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: key })));
}

export function addressOfMoto(): string {
  const { REAL_MOTO_URL: url } = process.env;
  if (url === undefined) throw new Error('REAL_MOTO_URL does not say where moto is.');
  return url;
}

async function send(action: (client: S3Client) => Promise<unknown>): Promise<void> {
  const client = new S3Client(s3Settings());
  try {
    await action(client);
  } finally {
    client.destroy();
  }
}
