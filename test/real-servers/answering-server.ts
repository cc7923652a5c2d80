import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Request } from './exchange.ts';
import { type Fault, type FaultRule, FaultRules } from './fault.ts';

const largestBodyBytes = 16 * 1024 * 1024;

/**
 * Gives the server's answer to a request. `isLost`: the client will not get all of it, and may ask for the same again.
 */
export type Answering = (request: Request, isLost: boolean) => Answer | Promise<Answer>;

/** An HTTP server on a free port of 127.0.0.1 that answers as it is told to, save for the faults that are added. */
export class AnsweringServer {
  readonly url: string;
  readonly #server: Server;
  readonly #faults = new FaultRules();
  readonly #answer: Answering;
  readonly #closing = new AbortController();

  /** `answer` is called for each request that meets no fault which takes its place; what it throws is a 500. */
  static async start(answer: Answering): Promise<AnsweringServer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new AnsweringServer(server, answer);
  }

  private constructor(server: Server, answer: Answering) {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server has no port');
    this.url = `http://127.0.0.1:${address.port}`;
    this.#server = server;
    this.#answer = answer;
    server.on('request', (incoming, outgoing) => void this.#serve(incoming, outgoing));
  }

  inject(rule: FaultRule): void {
    this.#faults.add(rule);
  }

  /** Faults that no request has met yet. */
  get faultsLeft(): number {
    return this.#faults.left;
  }

  /** Ends all connections, those of stalled requests too. Once is enough, and more do no harm. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#closing.abort();
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    // A recording is of another time than now, and clients compare clocks.
    outgoing.sendDate = false;
    try {
      const request = await readRequest(incoming);
      await this.#meet(this.#faults.take(request), request, outgoing);
    } catch (error) {
      // The client sees it, and with it the test. One that has gone away sees nothing, and wants nothing.
      if (!outgoing.headersSent && !outgoing.destroyed) {
        send(outgoing, { status: 500, headers: { 'content-type': 'text/plain' }, body: Buffer.from(String(error)) });
      }
    }
  }

  async #meet(fault: Fault | null, request: Request, outgoing: ServerResponse): Promise<void> {
    switch (fault?.kind) {
      case undefined:
        return send(outgoing, await this.#answer(request, false));
      case 'answer':
        return send(outgoing, fault.answer);
      case 'stall':
        return;
      case 'cut':
        return cut(outgoing, await this.#answer(request, true), fault.afterBytes);
      case 'delay':
        await sleep(fault.delayMs, undefined, { signal: this.#closing.signal });
        return send(outgoing, await this.#answer(request, false));
    }
  }
}

async function readRequest(incoming: IncomingMessage): Promise<Request> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of incoming) {
    bytes += piece.length;
    if (bytes > largestBodyBytes) throw new Error(`the body is larger than ${largestBodyBytes} bytes`);
    pieces.push(piece);
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : (value ?? '');
  }
  return { method: incoming.method ?? '', path: incoming.url ?? '', headers, body: Buffer.concat(pieces) };
}

function send(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  outgoing.writeHead(status, { ...headers, 'content-length': body.length }).end(body);
}

function cut(outgoing: ServerResponse, { status, headers, body }: Answer, afterBytes: number): void {
  outgoing.writeHead(status, { ...headers, 'content-length': body.length });
  outgoing.flushHeaders();
  outgoing.write(body.subarray(0, afterBytes), () => outgoing.destroy());
}
