/**
 * Records what an S3 server answers, for the tests that run without one:
 * `REAL_MOTO_URL=http://127.0.0.1:5000 node test/real-servers/record-focus-s3.ts`
 */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { focusFileShape } from '../../producers/focus-file/config.ts';
import { readFocusFiles } from '../../producers/focus-file/read-files.ts';
import { S3Objects } from '../../producers/focus-file/s3-objects.ts';
import { RECORDING, type RecordedAnswer, requestOf } from '../../producers/focus-file/testing/replay-s3.ts';
import { BUCKET, CHANGED, PREFIX } from '../../producers/focus-file/testing/s3-bills.ts';
import { addressOfMoto, fillBucket, putObject, removeObject, s3Settings } from './moto-s3.ts';

/** What the SDK reads, and no more. */
const HEADERS = ['content-type', 'content-range', 'etag', 'last-modified'];

await fillBucket();
const answers = new Map<string, RecordedAnswer>();
const server = createServer(async (incoming, outgoing) => {
  const request = requestOf(incoming);
  const headers = new Headers(
    Object.entries(incoming.headersDistinct).map(([name, values]) => [name, values?.join() ?? '']),
  );
  // The signature is of the name of this server, and fetch sets the length itself.
  for (const name of ['host', 'connection', 'content-length']) headers.delete(name);
  const answer = await fetch(`${addressOfMoto()}${incoming.url}`, { method: incoming.method ?? '', headers });
  const kept = HEADERS.flatMap((name): [string, string][] => {
    const value = answer.headers.get(name);
    return value === null ? [] : [[name, value]];
  });
  const body = Buffer.from(await answer.arrayBuffer());
  answers.set(request, {
    request,
    status: answer.status,
    headers: Object.fromEntries(kept),
    body: body.toString('base64'),
  });
  outgoing.writeHead(answer.status, { ...Object.fromEntries(kept), 'content-length': body.length });
  outgoing.end(body);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
const endpoint = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;

const settings = s3Settings(endpoint);
await readFocusFiles(focusFileShape.parse({ paths: [PREFIX], s3: settings }), async () => {});
const pages = new S3Objects(settings, 2);
await pages.find(PREFIX);
pages.close();

const objects = new S3Objects(settings);
const [changing] = await objects.find(`s3://${BUCKET}/changing/`);
const [gone] = await objects.find(`s3://${BUCKET}/gone/focus-00001.csv`);
await objects.find(`s3://${BUCKET}/nothing/`);
await putObject('changing/focus-00001.csv', CHANGED);
await removeObject('gone/focus-00001.csv');
await Promise.allSettled([changing?.read(0, 10), gone?.open(), objects.find('s3://no-such-bucket-here/focus/')]);
objects.close();
server.close();

const sorted = [...answers.values()].sort((a, b) => (a.request < b.request ? -1 : 1));
await writeFile(RECORDING, `${JSON.stringify(sorted, null, 2)}\n`);
