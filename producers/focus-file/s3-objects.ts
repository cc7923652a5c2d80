import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  type GetObjectCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  S3Client,
  type _Object as S3Object,
} from '@aws-sdk/client-s3';
import { producerError } from '../errors.ts';
import type { S3Config } from './config.ts';
import { isExportName } from './export-name.ts';
import type { FoundFile } from './found-file.ts';
import { s3Error } from './s3-error.ts';

const CONNECT_MS = 10_000;
/** The longest silence in the middle of an answer. */
const SILENCE_MS = 60_000;
/** First byte of an answer; a listing of a thousand keys takes S3 well under a second. */
const ANSWER_MS = 60_000;
const MAX_ATTEMPTS = 4;
/** A million objects: more is no folder of exports. */
const MAX_PAGES = 1_000;

/** Reads the objects of S3, or of what speaks its protocol. Credentials come from where the AWS SDK looks for them. */
export class S3Objects {
  readonly #client: S3Client;
  readonly #pageKeys: number;

  /** @param pageKeys how many keys one listing may give; S3 gives a thousand at most */
  constructor({ endpoint, region, forcePathStyle }: S3Config, pageKeys = 1_000) {
    this.#client = new S3Client({
      ...(endpoint !== undefined && { endpoint }),
      ...(region !== undefined && { region }),
      forcePathStyle,
      followRegionRedirects: true,
      maxAttempts: MAX_ATTEMPTS,
      requestHandler: {
        connectionTimeout: CONNECT_MS,
        requestTimeout: ANSWER_MS,
        throwOnRequestTimeout: true,
        socketTimeout: SILENCE_MS,
      },
    });
    this.#pageKeys = pageKeys;
  }

  /** The objects that `s3://bucket/prefix/` (all exports below it) or `s3://bucket/key` stands for. */
  async find(path: string): Promise<readonly FoundFile[]> {
    const [, bucket = '', key = ''] = S3_PATH.exec(path) ?? [];
    if (bucket === '') throw producerError('s3_path', `${path} names no bucket.`);
    const found: FoundFile[] = [];
    const isFolder = key === '' || key.endsWith('/');
    for await (const object of this.#list(bucket, key)) {
      const isWanted = isFolder ? isExportName(object.Key ?? '') : object.Key === key;
      if (isWanted) found.push(this.#file(bucket, object));
      // Keys come in order, so that a key itself stands before all that it is the start of.
      if (!isFolder) break;
    }
    return found;
  }

  close(): void {
    this.#client.destroy();
  }

  async *#list(bucket: string, prefix: string): AsyncGenerator<S3Object> {
    const seen = new Set<string>();
    for (let token: string | undefined; ; ) {
      const page: ListObjectsV2CommandOutput = await this.#ask(`s3://${bucket}/${prefix}`, () =>
        this.#client.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: prefix,
            MaxKeys: this.#pageKeys,
            ContinuationToken: token,
          }),
        ),
      );
      yield* page.Contents ?? [];
      if (page.IsTruncated !== true) return;
      token = page.NextContinuationToken ?? '';
      if (token === '' || seen.has(token) || seen.size >= MAX_PAGES) {
        throw producerError('s3_listing', `The listing of s3://${bucket}/${prefix} does not come to an end.`);
      }
      seen.add(token);
    }
  }

  #file(bucket: string, { Key: key, ETag: etag, Size: bytes, LastModified: modified }: S3Object): FoundFile {
    const path = `s3://${bucket}/${key}`;
    if (etag === undefined || bytes === undefined || modified === undefined) {
      throw producerError('s3_listing', `The listing does not tell the size, the ETag and the time of ${path}.`);
    }
    const get = (range?: string): Promise<GetObjectCommandOutput> =>
      this.#ask(path, () =>
        this.#client.send(new GetObjectCommand({ Bucket: bucket, Key: key, IfMatch: etag, Range: range })),
      );
    return {
      id: path,
      path,
      bytes,
      modifiedMs: modified.getTime(),
      version: etag,
      open: async () => Readable.from(wholeBody(path, bytes, await get()), { objectMode: false }),
      read: async (start, end) => {
        const answer = await get(`bytes=${start}-${end - 1}`);
        const chunks: Buffer[] = [];
        for await (const chunk of wholeBody(path, end - start, answer)) chunks.push(chunk);
        return new Uint8Array(Buffer.concat(chunks)).buffer;
      },
    };
  }

  async #ask<Answer>(path: string, request: () => Promise<Answer>): Promise<Answer> {
    try {
      return await request();
    } catch (cause) {
      throw s3Error(path, cause);
    }
  }
}

const S3_PATH = /^s3:\/\/([^/]+)(?:\/(.*))?$/s;

/** A connection that is cut ends like a body that is whole: only the count of bytes tells them apart for certain. */
async function* wholeBody(path: string, bytes: number, { Body: body }: GetObjectCommandOutput): AsyncGenerator<Buffer> {
  let received = 0;
  try {
    if (body instanceof Readable) {
      for await (const chunk of body) {
        received += chunk.length;
        yield chunk;
      }
    }
  } catch (cause) {
    throw s3Error(path, cause);
  }
  if (received !== bytes) throw producerError('s3_away', `${path} came as ${received} of ${bytes} bytes.`);
}
