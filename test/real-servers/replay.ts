import assert from 'node:assert/strict';
import { AnsweringServer } from './answering-server.ts';
import {
  type Answer,
  decidingHeaders,
  type Exchange,
  type Request,
  readExchanges,
  recordingFolder,
} from './exchange.ts';
import type { FaultRule } from './fault.ts';

/** What a test of node:test, or a suite of it, offers: work to be done after it, whose failure is the test's. */
interface Testing {
  after(work: () => Promise<void>): void;
}

/**
 * A server on 127.0.0.1 that answers as a real one was recorded to, each recorded answer once. The same question asked
 * twice in the recording has its answers in their order; different questions may come in any order. A request that was
 * not recorded gets 501 and fails the test that started the replay, saying what was asked; so does an injected fault
 * that nothing met.
 *
 * A request fits when method, path, query, body and the deciding headers do, and it is signed by the same scheme; the
 * order of query parameters and of JSON keys does not matter, nor do other headers.
 */
export class Replay {
  readonly url: string;
  readonly #server: AnsweringServer;
  readonly #waiting: Exchange[];
  readonly #unexpected: string[];

  /** Replays `test/recordings/NAME/` until the test ends. */
  static start(t: Testing, name: string): Promise<Replay> {
    return Replay.of(t, readExchanges(recordingFolder(name)));
  }

  /** The same with exchanges of the test's own. */
  static async of(t: Testing, exchanges: readonly Exchange[]): Promise<Replay> {
    const waiting = [...exchanges];
    const unexpected: string[] = [];
    const server = await AnsweringServer.start((request, isLost) => {
      const at = waiting.findIndex((each) => isSame(each.request, request));
      const found = waiting[at];
      if (found === undefined) {
        unexpected.push(describe(request));
        return notRecorded(request);
      }
      if (!isLost) waiting.splice(at, 1);
      return found.answer;
    });
    const replay = new Replay(server, waiting, unexpected);
    t.after(() => replay.#end());
    return replay;
  }

  private constructor(server: AnsweringServer, waiting: Exchange[], unexpected: string[]) {
    this.url = server.url;
    this.#server = server;
    this.#waiting = waiting;
    this.#unexpected = unexpected;
  }

  inject(rule: FaultRule): void {
    this.#server.inject(rule);
  }

  /** What was recorded and not asked for yet, as `GET /path`: empty when a client has read all that it should. */
  get unasked(): readonly string[] {
    return this.#waiting.map(({ request }) => describe(request));
  }

  async #end(): Promise<void> {
    await this.#server.close();
    assert.deepEqual(this.#unexpected, [], 'was asked what the recording does not answer (any more)');
    assert.equal(this.#server.faultsLeft, 0, 'some injected faults were met by no request');
  }
}

function isSame(recorded: Request, asked: Request): boolean {
  return (
    recorded.method === asked.method &&
    canonicalPath(recorded.path) === canonicalPath(asked.path) &&
    canonicalBody(recorded) === canonicalBody(asked) &&
    decidingOf(recorded) === decidingOf(asked) &&
    schemeOf(recorded) === schemeOf(asked)
  );
}

function canonicalPath(path: string): string {
  const { pathname, searchParams } = new URL(path, 'http://127.0.0.1');
  searchParams.sort();
  return `${pathname}?${searchParams}`;
}

function canonicalBody({ body }: Request): string {
  const text = body.toString('utf8');
  try {
    return JSON.stringify(withSortedKeys(JSON.parse(text)));
  } catch {
    // It is no JSON, so its text must be the same.
    return text;
  }
}

function withSortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSortedKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, withSortedKeys(each)]));
}

const decidingOf = ({ headers }: Request): string =>
  decidingHeaders.flatMap((name) => (headers[name] === undefined ? [] : `${name}: ${headers[name]}`)).join(' ');

const schemeOf = ({ headers }: Request): string => headers['authorization']?.split(' ')[0] ?? '';

function describe(request: Request): string {
  const scheme = schemeOf(request);
  const body = request.body.toString('utf8').slice(0, 500);
  return [request.method, request.path, decidingOf(request), scheme === '' ? '(not signed)' : `(${scheme})`, body]
    .filter((part) => part !== '')
    .join(' ');
}

function notRecorded(request: Request): Answer {
  const body = Buffer.from(`not recorded: ${describe(request)}\n`);
  return { status: 501, headers: { 'content-type': 'text/plain' }, body };
}
