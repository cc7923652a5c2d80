import { z } from 'zod';
import type { HttpAnswer, HttpClient } from '../../runtime/http/client.ts';
import { excerpt } from '../../runtime/http/failure.ts';
import type { Instant } from '../../schemas/scalars.ts';
import { sourceError } from '../polling/errors.ts';
import { instant, textOr } from '../polling/fields.ts';
import { eachPage } from '../polling/pages.ts';
import { readJson } from '../polling/read-json.ts';
import { nextLink } from './next-link.ts';

/** What of a log entry is read. Whom it is about, and from where, is left where it is. */
export interface LogEntry {
  readonly logId: string;
  /** https://auth0.com/docs/deploy-monitor/logs/log-event-type-codes */
  readonly type: string;
  /** Null where it is no text. */
  readonly date: Instant | null;
  /** Empty where there is none. On failures it may be any text. */
  readonly organization: string;
}

export interface LogReading {
  readonly entries: readonly LogEntry[];
  /** The address to go on from. */
  readonly next: string;
  /** Whether there was no more to read. */
  readonly isEnd: boolean;
}

export interface Organization {
  readonly id: string;
  /** Unique within the Auth0 tenant; lower-case letters, digits, `-` and `_`. */
  readonly name: string;
  readonly displayName: string;
}

const logsShape = z.array(
  z
    .object({
      log_id: z.string().min(1),
      type: z.string(),
      // The owner's client allows an object here as well, and does not say what of.
      date: z.union([instant, z.looseObject({}).transform(() => null)]),
      organization_id: textOr(''),
    })
    .transform(({ log_id: logId, type, date, organization_id: organization }): LogEntry => {
      return { logId, type, date, organization };
    }),
);

const organizationsShape = z.object({
  organizations: z.array(z.object({ id: z.string().min(1), name: z.string().min(1), display_name: textOr('') })),
  next: textOr(''),
});

/** The largest page that there is. */
const TAKE = '100';
const LOGS = '/api/v2/logs';
const ORGANIZATIONS = '/api/v2/organizations';

/**
 * What of Auth0's Management API is asked for. Logs by checkpoint:
 * https://auth0.com/docs/deploy-monitor/logs/retrieve-log-events-using-mgmt-api
 */
export class Auth0Api {
  readonly #http: HttpClient;
  readonly #url: string;
  readonly #token: string;

  constructor(http: HttpClient, url: string, token: string) {
    this.#http = http;
    this.#url = url;
    this.#token = token;
  }

  /** The address of the logs after this one, in the order of their ids. */
  after(logId: string): string {
    return this.#at(LOGS, { from: logId, take: TAKE }).href;
  }

  /**
   * The logs from an address on, until there are no more or as many pages are read. The only address that is ever made
   * up is the first one: each page gives that of the next.
   *
   * @throws ApportionError `page_loop`; `source_garbled` when a log comes twice or the next page lies elsewhere
   */
  async logs(from: string, maxPages: number): Promise<LogReading> {
    const entries = new Map<string, LogEntry>();
    let reading = { next: from, isEnd: false };
    let pages = 0;
    await eachPage(LOGS, async (mark) => {
      const at = mark ?? from;
      const { text, headers } = await this.#get(new URL(at));
      const page = readJson(text, logsShape, LOGS);
      for (const entry of page) {
        if (entries.has(entry.logId)) throw sourceError('source_garbled', `${LOGS}: a log entry comes twice.`);
        entries.set(entry.logId, entry);
      }
      const last = page.at(-1);
      const next = nextLink(headers, at) ?? (last === undefined ? at : this.after(last.logId));
      pages += 1;
      // At the end an empty page leads to itself.
      reading = { next, isEnd: page.length === 0 && next === at };
      return reading.isEnd || pages === maxPages ? null : next;
    });
    return { entries: [...entries.values()], ...reading };
  }

  /** Null when there is none. */
  async newestLog(): Promise<LogEntry | null> {
    return this.#search({ sort: 'date:-1' });
  }

  /** The oldest log that is dated at or after an instant; null when there is none. */
  async oldestLog(since: Instant): Promise<LogEntry | null> {
    return this.#search({ q: `date:[${new Date(since).toISOString()} TO *]`, sort: 'date:1' });
  }

  /** All organisations. @throws ApportionError `source_garbled` when one comes twice, `page_loop` */
  async organizations(): Promise<readonly Organization[]> {
    const found = new Map<string, Organization>();
    await eachPage(ORGANIZATIONS, async (mark) => {
      const query = { take: TAKE, ...(mark === null ? {} : { from: mark }) };
      const { text } = await this.#get(this.#at(ORGANIZATIONS, query));
      const { organizations, next } = readJson(text, organizationsShape, ORGANIZATIONS);
      for (const { id, name, display_name: displayName } of organizations) {
        if (found.has(id)) throw sourceError('source_garbled', `${ORGANIZATIONS}: ${id} comes twice.`);
        found.set(id, { id, name, displayName: excerpt(displayName) || name });
      }
      return next;
    });
    return [...found.values()];
  }

  async #search(query: Readonly<Record<string, string>>): Promise<LogEntry | null> {
    const { text } = await this.#get(this.#at(LOGS, { ...query, per_page: '1' }));
    return readJson(text, logsShape, LOGS)[0] ?? null;
  }

  #at(path: string, query: Readonly<Record<string, string>>): URL {
    const url = new URL(path, this.#url);
    url.search = new URLSearchParams(query).toString();
    return url;
  }

  async #get(url: URL): Promise<HttpAnswer> {
    const { origin } = new URL(this.#url);
    if (url.origin !== origin) {
      throw sourceError('source_garbled', `${origin} sends to ${url.origin}, which must not be given the token.`);
    }
    const headers = { authorization: `Bearer ${this.#token}`, accept: 'application/json' };
    return this.#http.send({ url, headers });
  }
}
