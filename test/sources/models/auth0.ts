import assert from 'node:assert/strict';
import { addDays, dayOf, startOf } from '../../../schemas/day.ts';
import { SOURCE_KEY } from '../polled.ts';
import type { SourceModel, SourceUnderTest } from '../poller-promises.ts';
import { standingUsage, usageKey } from '../standing.ts';
import { json, type UpstreamAnswer, type UpstreamRequest } from '../upstream.ts';

export const PAGE = 2;
const NOW = Date.parse('2026-03-10T06:00:00Z');
const HOUR_MS = 3_600_000;

/** What must never leave the poller. */
export const PERSONAL = [
  'jane.doe@example.com',
  'auth0|5f7c8ec7c33c6c004bbafe82',
  '203.0.113.77',
  'Firefox 148',
  'Jane D',
];
const [userName, userId, ip, userAgent, nickname] = PERSONAL;

interface Login {
  readonly log_id: string;
  readonly date: string;
  readonly type: string;
  readonly organization_id?: string;
}

/** The logs of an Auth0 tenant, in the order of their ids. */
export class Auth0 implements SourceModel {
  paging: NonNullable<SourceModel['paging']> = 'normal';
  logs: Login[] = [];
  /** What a log that was dropped is answered with, where somebody wants to go on from it: an error, or the oldest log. */
  dropped: 'refused' | 'ignored' = 'refused';
  readonly #clock: { nowMs: number };
  /** The day before the one it begins on: the first that is asked for. */
  readonly #sinceMs: number;
  #count = 0;
  /** Tokens that were given out. */
  tokens: string[] = [];
  tokenSeconds = 86_400;

  constructor(clock: { nowMs: number }) {
    this.#clock = clock;
    const { nowMs } = clock;
    this.#sinceMs = startOf(addDays(dayOf(nowMs), -1));
    for (let at = this.#sinceMs - HOUR_MS; at < nowMs; at += 5 * HOUR_MS) this.log('s', 'org_a1', at);
    this.log('s', undefined, nowMs - HOUR_MS);
  }

  log(type: string, organization?: string, at = this.#clock.nowMs): void {
    this.#count += 1;
    this.logs.push({
      log_id: `9002026${String(this.#count).padStart(12, '0')}`,
      date: new Date(at).toISOString(),
      type,
      ...(organization === undefined ? {} : { organization_id: organization, organization_name: 'acme' }),
      ...{ user_name: userName, user_id: userId, ip, user_agent: userAgent, details: { nickname } },
      ...{ tenant_name: 'prod', client_id: 'AaiyAPdpYdes', hostname: 'prod.eu.auth0.com' },
    });
  }

  goOn(): void {
    this.#clock.nowMs += 300_000;
    this.happen();
  }

  happen(): void {
    this.log('s', 'org_a1');
    this.log('fp', 'org_a1');
    this.log('seacft', 'org_a1');
    this.log('s', 'org_z9');
  }

  /** Drops the logs that are older. */
  drop(olderThan: number): void {
    this.logs = this.logs.filter(({ date }) => Date.parse(date) >= olderThan);
  }

  truth(): ReadonlyMap<string, number> {
    const truth = new Map<string, number>();
    for (const { type, date, organization_id: tenant = '' } of this.logs) {
      if (type !== 's' || Date.parse(date) < this.#sinceMs) continue;
      const key = loginKey(tenant, date);
      truth.set(key, (truth.get(key) ?? 0) + 1);
    }
    return new Map([...truth].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  answer(request: UpstreamRequest): UpstreamAnswer {
    const { path, query, headers } = request;
    if (path === '/oauth/token') return this.#token(request);
    const [, token = ''] = /^Bearer (.+)$/.exec(headers.authorization ?? '') ?? [];
    if (token !== SOURCE_KEY && token !== this.tokens.at(-1)) return problem(401, 'Invalid token');
    assert.equal(path, '/api/v2/logs');
    return query.has('from') ? this.#after(request) : this.#search(query);
  }

  #token({ method, body, headers }: UpstreamRequest): UpstreamAnswer {
    const asked = JSON.parse(body);
    assert.equal(method, 'POST');
    assert.equal(asked.grant_type, 'client_credentials');
    assert.equal(asked.audience, `http://${headers.host}/api/v2/`);
    if (asked.client_id !== 'client-1' || asked.client_secret !== SOURCE_KEY) return problem(401, 'access_denied');
    this.tokens.push(`token-${this.tokens.length + 1}-of-the-test`);
    return json({ access_token: this.tokens.at(-1), expires_in: this.tokenSeconds, token_type: 'Bearer' });
  }

  #search(query: URLSearchParams): UpstreamAnswer {
    assert.equal(query.get('per_page'), '1');
    const [, since = ''] = /^date:\[(\S+) TO \*\]$/.exec(query.get('q') ?? '') ?? [];
    const found = this.logs
      .filter(({ date }) => query.get('q') === null || Date.parse(date) >= Date.parse(since))
      .sort((a, b) => Date.parse(a.date) - Date.parse(b.date));
    const one = query.get('sort') === 'date:1' ? found[0] : found.at(-1);
    return json(one === undefined ? [] : [one]);
  }

  #after({ query, headers }: UpstreamRequest): UpstreamAnswer {
    const [from = '', mark = ''] = [query.get('from') ?? '', query.get('mark') ?? ''];
    assert.equal(query.get('take'), '100');
    const at = this.logs.findIndex(({ log_id }) => log_id === from);
    if (at < 0 && this.dropped === 'refused') return problem(400, 'Invalid log id');
    const page = mark === 'empty' ? [] : this.logs.slice(at + 1, at + 1 + PAGE);
    const next = page.at(-1)?.log_id ?? from;
    const url = (id: string, text: string) => `<http://${headers.host}/api/v2/logs?from=${id}&take=100&mark=${text}>`;
    const answer = (link: string): UpstreamAnswer => json(page, { link: `${link}; rel="next"` });
    switch (this.paging) {
      case 'loop':
        return answer(url(from, 'same'));
      case 'repeated':
        return answer(url(from, String((Number(mark) || 0) + 1)));
      case 'empty':
        if (page.length > 0) return answer(url(next, 'empty'));
    }
    // At the end the next page is this one.
    if (page.length === 0 && mark === 'next') return answer(url(from, mark));
    return answer(url(next, 'next'));
  }
}

export function loginKey(tenant: string, date: string): string {
  const at = Date.parse(date);
  const rest = { product: '', cluster: '', namespace: '', owner: '', windowStart: at, windowEnd: at };
  return usageKey({ meter: 'login', tenant, ...rest }, dayOf(at));
}

export function problem(status: number, message: string): UpstreamAnswer {
  return { ...json({ statusCode: status, error: 'Problem', message }), status };
}

export const settings = { credentials: { token: 'env:SOURCE_KEY' }, since: '2026-03-09', requestSeconds: 1 };

export const auth0Source: SourceUnderTest = {
  name: 'auth0',
  nowMs: NOW,
  settings: (url) => ({ url, ...settings, retentionDays: 30 }),
  model: (clock) => new Auth0(clock),
  standing: ({ samples }) => standingUsage(samples),
};
