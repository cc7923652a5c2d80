import { AnsweringServer } from './answering-server.ts';
import { type Answer, decidingHeaders, type Exchange, type Request, writeExchanges } from './exchange.ts';
import type { FaultRule } from './fault.ts';
import { stableExchanges } from './stable.ts';
import { askUpstream, type Upstream } from './upstream.ts';

/**
 * A reverse proxy on plain HTTP before a real server, that keeps what was asked and answered, and can inject faults.
 * What a fault answered, and what the client did not get whole, is not kept: a recording holds what the server says.
 */
export class Recorder {
  readonly url: string;
  readonly #server: AnsweringServer;
  readonly #exchanges: (Exchange | null)[];

  static before(upstream: Upstream): Promise<Recorder> {
    return Recorder.of((request) => askUpstream(upstream, request));
  }

  /** The same before a server that is asked in a way of the test's own. */
  static async of(ask: (request: Request) => Promise<Answer>): Promise<Recorder> {
    const exchanges: (Exchange | null)[] = [];
    const server = await AnsweringServer.start(async (request, isLost) => {
      // Answers come in any order; the recording has the order of the questions.
      const at = isLost ? -1 : exchanges.push(null) - 1;
      const answer = await ask(request);
      if (at >= 0) exchanges[at] = { request, answer };
      return answer;
    });
    return new Recorder(server, exchanges);
  }

  private constructor(server: AnsweringServer, exchanges: (Exchange | null)[]) {
    this.url = server.url;
    this.#server = server;
    this.#exchanges = exchanges;
  }

  inject(rule: FaultRule): void {
    this.#server.inject(rule);
  }

  /** Ends the proxy, and puts what it has kept in place of what the folder holds: see `recordingFolder`. */
  async save(folder: string): Promise<void> {
    await this.close();
    const exchanges = this.#exchanges.filter((each) => each !== null);
    writeExchanges(folder, stableExchanges(exchanges.map(withoutSecrets)));
  }

  async close(): Promise<void> {
    await this.#server.close();
  }
}

/** Headers of a request that say what is asked for. The rest tells of the client, and changes with it. */
const requestHeaders = ['accept', 'authorization', 'content-type', ...decidingHeaders];

/** Headers of an answer that a client may act on. */
const answerHeaders = ['content-type', 'etag', 'link', 'location', 'retry-after', 'www-authenticate'];

function withoutSecrets({ request, answer }: Exchange): Exchange {
  return {
    request: { ...request, headers: redacted(chosen(request.headers, requestHeaders)) },
    answer: { ...answer, headers: chosen(answer.headers, answerHeaders) },
  };
}

function chosen(headers: Request['headers'], names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));
}

/** Keeps the scheme: `Bearer`, `AWS4-HMAC-SHA256`. */
function redacted(headers: Record<string, string>): Record<string, string> {
  const { authorization, ...others } = headers;
  return authorization === undefined
    ? headers
    : { ...others, authorization: `${authorization.split(' ')[0]} (left out)` };
}
