import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface UpstreamRequest {
  /** From 1, over the life of the server. */
  readonly number: number;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly atMs: number;
}

export interface UpstreamAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * What happens to a request instead of its answer. `stall`: no answer ever. `cut`: the connection ends in the middle of
 * the body. `truncated`: a whole answer of half the body. `reset`: the connection ends before any answer.
 */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'stall' | 'cut' | 'truncated' | 'reset' }
  | { readonly kind: 'clock'; readonly aheadMs: number }
  | { readonly kind: 'body'; readonly body: string };

/** A server on this machine that speaks the shapes of a source, and fails as it is told. */
export class Upstream implements AsyncDisposable {
  readonly requests: UpstreamRequest[] = [];
  /** Which requests are disturbed, and how. */
  disturb: (request: UpstreamRequest) => Fault | null = () => null;
  readonly #server: Server;
  readonly #answer: (request: UpstreamRequest) => UpstreamAnswer;

  readonly #now: () => number;
  /** What a model has thrown, a request that it does not expect say. */
  readonly #defects: unknown[] = [];

  private constructor(answer: (request: UpstreamRequest) => UpstreamAnswer, now: () => number) {
    this.#answer = answer;
    this.#now = now;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        this.#defects.push(error);
        response.destroy();
      });
    });
  }

  /** @param now what its clock says */
  static async start(answer: (request: UpstreamRequest) => UpstreamAnswer, now = Date.now): Promise<Upstream> {
    const upstream = new Upstream(answer, now);
    upstream.#server.listen(0, '127.0.0.1');
    await once(upstream.#server, 'listening');
    return upstream;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
    if (this.#defects.length > 0) throw this.#defects[0];
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await this.#read(incoming);
    this.requests.push(request);
    const fault = this.disturb(request);
    const aheadMs = fault?.kind === 'clock' ? fault.aheadMs : 0;
    response.setHeader('date', new Date(this.#now() + aheadMs).toUTCString());
    if (fault?.kind === 'stall') return;
    if (fault?.kind === 'reset') return void response.destroy();
    if (fault?.kind === 'status') {
      response.writeHead(fault.status, fault.headers).end(`{"message":"status ${fault.status}"}`);
      return;
    }
    const answer = fault?.kind === 'body' ? { status: 200, body: fault.body } : this.#answer(request);
    const { body } = answer;
    for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
    response.statusCode = answer.status;
    const half = body.slice(0, Math.floor(body.length / 2));
    if (fault?.kind === 'cut') {
      response.setHeader('content-length', Buffer.byteLength(body));
      response.write(half, () => response.destroy());
    } else {
      response.end(fault?.kind === 'truncated' ? half : body);
    }
  }

  async #read(incoming: IncomingMessage): Promise<UpstreamRequest> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const url = new URL(incoming.url ?? '/', 'http://upstream');
    return {
      number: this.requests.length + 1,
      method: incoming.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: incoming.headers,
      body: Buffer.concat(chunks).toString('utf8'),
      atMs: Date.now(),
    };
  }
}

/** A JSON answer. */
export function json(value: unknown, headers: Readonly<Record<string, string>> = {}): UpstreamAnswer {
  return { status: 200, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}
