import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import type { Answer, Request } from './exchange.ts';

export interface Upstream {
  /** `http://…` or `https://…`, without a path. */
  readonly url: string;
  /** The certificate in PEM that an https server is known by, where it is not one that the system knows. */
  readonly certificate?: string;
}

const answerLimitMs = 60_000;
const largestAnswerBytes = 64 * 1024 * 1024;

/** Headers that speak of the connection, not of the request. */
const ofTheConnection = ['connection', 'keep-alive', 'transfer-encoding', 'te', 'upgrade', 'accept-encoding'];

/**
 * Asks the upstream the same, and gives its whole answer, not compressed. `host` stays what the client said: signatures
 * of requests to AWS cover it.
 */
export async function askUpstream({ url, certificate }: Upstream, request: Request): Promise<Answer> {
  const { hostname } = new URL(url);
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = Object.entries(request.headers).filter(([name]) => !ofTheConnection.includes(name));
    const options = {
      method: request.method,
      headers: Object.fromEntries(headers),
      signal: AbortSignal.timeout(answerLimitMs),
      ...(certificate === undefined ? {} : { ca: certificate }),
      // Node would take it from the header host, which names the proxy. An address may not stand there.
      servername: isIP(hostname) === 0 ? hostname : '',
    };
    const target = `${url}${request.path}`;
    const outgoing = url.startsWith('https:') ? requestHttps(target, options) : requestHttp(target, options);
    outgoing.once('response', resolve).once('error', reject).end(request.body);
  });
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of incoming) {
    bytes += piece.length;
    if (bytes > largestAnswerBytes) throw new Error(`the answer is larger than ${largestAnswerBytes} bytes`);
    pieces.push(piece);
  }
  const headers = Object.entries(incoming.headers).flatMap(([name, value]) =>
    value === undefined || ofTheConnection.includes(name) ? [] : [[name, [value].flat().join(', ')]],
  );
  return { status: incoming.statusCode ?? 0, headers: Object.fromEntries(headers), body: Buffer.concat(pieces) };
}
