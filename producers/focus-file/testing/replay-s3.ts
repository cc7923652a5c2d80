import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';

/** An answer of an S3 server to a request, as `test/real-servers/record-focus-s3.ts` records it. */
export interface RecordedAnswer {
  readonly request: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Base64. */
  readonly body: string;
}

export const RECORDING = join(import.meta.dirname, '../fixtures/s3.json');

/** What a test does to the recorded answers; `cut` leaves the line after so many bytes of the body. */
export type Change = (answer: RecordedAnswer) => RecordedAnswer & { readonly cut?: number };

export interface ReplayedS3 extends AsyncDisposable {
  readonly endpoint: string;
  /** The requests that came, as `requestOf` names them. */
  readonly requests: readonly string[];
}

/** Answers as the recorded server did, on a port of this machine. A request that was not recorded gets 501. */
export async function replayS3(change: Change = (answer) => answer): Promise<ReplayedS3> {
  const recorded: readonly RecordedAnswer[] = JSON.parse(await readFile(RECORDING, 'utf8'));
  const answers = new Map(recorded.map((answer) => [answer.request, answer]));
  const requests: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const request = requestOf(incoming);
    requests.push(request);
    const missing = { request, status: 501, headers: {}, body: '' };
    const { status, headers, body, cut } = change(answers.get(request) ?? missing);
    const bytes = Buffer.from(body, 'base64');
    outgoing.writeHead(status, { ...headers, 'content-length': bytes.length });
    if (cut === undefined) outgoing.end(bytes);
    else outgoing.write(bytes.subarray(0, cut), () => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** All of a request that decides its answer. */
export function requestOf({ method, url, headers }: IncomingMessage): string {
  return [method, url, headers.range, headers['if-match']].filter((part) => part !== undefined).join(' ');
}

/** An error as S3 writes it: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export function s3Refusal(request: string, status: number, code: string): RecordedAnswer {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${code} it is</Message></Error>`;
  return { request, status, headers: { 'content-type': 'application/xml' }, body: Buffer.from(xml).toString('base64') };
}
