import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCatalog } from '../../attribution/parse-catalog.ts';
import type { Catalog } from '../../schemas/catalog.ts';
import { DAY_MS, dayOf } from '../../schemas/day.ts';
import { Polled, SOURCE_KEY } from './polled.ts';
import { keepsPollerPromises, type SourceModel, type SourceUnderTest } from './poller-promises.ts';
import { standingUsage, usageKey } from './standing.ts';
import { json, Upstream, type UpstreamAnswer, type UpstreamRequest } from './upstream.ts';

const NOW = Date.parse('2026-03-10T06:00:00Z');
const SINCE = Date.parse('2026-03-09');
const PAGE = 2;
const HOUR_MS = 3_600_000;

/** What must never leave the poller. */
const PERSONAL = ['jane.doe@example.com', 'auth0|5f7c8ec7c33c6c004bbafe82', '203.0.113.77', 'Firefox 148', 'Jane D'];
const [userName, userId, ip, userAgent, nickname] = PERSONAL;

interface Login {
  readonly log_id: string;
  readonly date: string;
  readonly type: string;
  readonly organization_id?: string;
}

/** The logs of an Auth0 tenant, in the order of their ids. */
class Auth0 implements SourceModel {
  paging: NonNullable<SourceModel['paging']> = 'normal';
  logs: Login[] = [];
  /** What a log that was dropped is answered with, where somebody wants to go on from it: an error, or the oldest log. */
  dropped: 'refused' | 'ignored' = 'refused';
  readonly #clock: { nowMs: number };
  #count = 0;
  /** Tokens that were given out. */
  tokens: string[] = [];
  tokenSeconds = 86_400;

  constructor(clock: { nowMs: number }) {
    this.#clock = clock;
    for (let at = SINCE - HOUR_MS; at < NOW; at += 5 * HOUR_MS) this.log('s', 'org_a1', at);
    this.log('s', undefined, NOW - HOUR_MS);
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
      if (type !== 's' || Date.parse(date) < SINCE) continue;
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

function loginKey(tenant: string, date: string): string {
  const at = Date.parse(date);
  const rest = { product: '', cluster: '', namespace: '', owner: '', windowStart: at, windowEnd: at };
  return usageKey({ meter: 'login', tenant, ...rest }, dayOf(at));
}

function problem(status: number, message: string): UpstreamAnswer {
  return { ...json({ statusCode: status, error: 'Problem', message }), status };
}

const settings = { credentials: { token: 'env:SOURCE_KEY' }, since: '2026-03-09', requestSeconds: 0.3 };

const source: SourceUnderTest = {
  name: 'auth0',
  nowMs: NOW,
  settings: (url) => ({ url, ...settings, retentionDays: 30 }),
  model: (clock) => new Auth0(clock),
  standing: ({ samples }) => standingUsage(samples),
};

keepsPollerPromises(source);

async function opened(own: Record<string, unknown> = {}, catalog?: () => Catalog) {
  const clock = { nowMs: NOW };
  const model = new Auth0(clock);
  const upstream = await Upstream.start(
    (request) => model.answer(request),
    () => clock.nowMs,
  );
  const polled = new Polled({
    name: 'auth0',
    settings: { url: upstream.url, ...settings, ...own },
    clock,
    env: { CLIENT: 'client-1' },
    ...(catalog === undefined ? {} : { catalog }),
  });
  const isTrue = (): void => assert.deepEqual([...standingUsage(polled.samples)], [...model.truth()]);
  return { clock, model, upstream, polled, isTrue, [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose]() };
}

function catalogOf(tenants: unknown[]): Catalog {
  const parsed = parseCatalog({ version: 1, currency: 'USD', tenants });
  assert.ok(parsed.ok);
  return parsed.catalog;
}

/** Tenants of the logins, in the order in which they were counted. */
function tenantsOf({ samples }: Polled): readonly string[] {
  return samples.map(({ tenant }) => tenant);
}

test('each page but the first is asked for at the address that the one before gives', async () => {
  await using at = await opened();
  await at.polled.poll();
  const marks = at.upstream.requests.map(({ query }) => query.get('mark'));
  assert.deepEqual(marks, [null, null, ...Array(marks.length - 2).fill('next')]);
  const before = at.upstream.requests.length;
  await at.polled.poll();
  assert.equal(at.upstream.requests.length, before + 1, 'where there is nothing new, one request says so');
});

test('without a first day, logins are counted from the first poll on', async () => {
  await using at = await opened({ since: null });
  await at.polled.poll();
  assert.equal(at.polled.samples.length, 0);
  at.model.goOn();
  await at.polled.poll();
  assert.deepEqual(tenantsOf(at.polled), ['org_a1', 'org_z9']);
});

test('a tenant without a single log is no fault, and its first login is counted', async () => {
  await using at = await opened({ since: null });
  at.model.logs = [];
  await at.polled.poll();
  await at.polled.poll();
  assert.equal(at.polled.status.state, 'ok');
  at.model.goOn();
  await at.polled.poll();
  assert.deepEqual(tenantsOf(at.polled), ['org_a1', 'org_z9']);
});

test('a login is of the tenant that lists its organisation on that day', async () => {
  const catalog = catalogOf([
    { id: 'acme', to: '2026-03-10', auth0Organizations: ['org_a1'] },
    { id: 'acme-labs', from: '2026-03-10', auth0Organizations: ['org_b2', 'org_a1'] },
  ]);
  await using at = await opened({ retentionDays: 2 }, () => catalog);
  at.model.logs = [];
  at.model.log('s', 'org_a1', NOW - 7 * HOUR_MS);
  at.model.log('s', 'org_a1', NOW);
  at.model.log('s', 'org_b2', NOW - 7 * HOUR_MS);
  at.model.log('s');
  await at.polled.poll();
  assert.deepEqual(tenantsOf(at.polled), ['acme', 'acme-labs', 'org_b2', '']);
  assert.match(at.polled.status.warnings.join(), /^Logins of organisations that no tenant .*: org_b2 \(1\)\.$/);
  assert.equal(at.polled.status.state, 'ok');
});

test('a failure never makes a tenant of what somebody has typed', async () => {
  await using at = await opened({ types: ['s', 'fp'] }, () =>
    catalogOf([{ id: 'acme', auth0Organizations: ['org_a1'] }]),
  );
  at.model.logs = [];
  for (const typed of ['org_a1', 'org_nobody', '__unallocated__']) at.model.log('fp', typed);
  at.model.log('s', 'no organisation');
  await at.polled.poll();
  assert.deepEqual(tenantsOf(at.polled), ['acme', '', '', '']);
});

test('a login that is read again is the same login, whoever reads it', async () => {
  await using at = await opened();
  await at.polled.poll();
  const before = at.polled.samples.length;
  at.polled.memory.state.clear();
  at.polled.restart();
  await at.polled.poll();
  assert.equal(at.polled.samples.length, 2 * before);
  at.isTrue();
});

for (const status of [401, 403]) {
  test(`${status} never moves the checkpoint`, async () => {
    await using at = await opened();
    await at.polled.poll();
    const place = `own/logs of ${new URL(at.upstream.url).host}`;
    const before = at.polled.memory.state.get(place);
    assert.ok(before);
    at.model.goOn();
    // Nor does it make the poller look for another place to go on from.
    at.upstream.disturb = ({ query }) => (query.has('from') ? { kind: 'status', status } : null);
    await assert.rejects(at.polled.poll(), { code: status === 401 ? 'source_unauthorized' : 'source_forbidden' });
    assert.equal(at.polled.memory.state.get(place), before);
    assert.equal(at.polled.status.state, 'failed_connection');
    at.upstream.disturb = () => null;
    await at.polled.poll();
    at.isTrue();
  });
}

for (const dropped of ['refused', 'ignored'] as const) {
  test(`logs that were dropped unread are a gap that is told of, where the checkpoint is ${dropped}`, async () => {
    await using at = await opened({ retentionDays: 2 });
    await at.polled.poll();
    const counted = at.polled.samples.length;
    at.model.dropped = dropped;
    at.clock.nowMs += 3 * DAY_MS;
    at.model.goOn();
    at.model.drop(at.clock.nowMs - 2 * DAY_MS);
    const outcome = await at.polled.poll();
    assert.deepEqual(outcome.faults, [
      'Logs from 2026-03-10T05:00:00.000Z to 2026-03-13T06:05:00.000Z were not read before Auth0 dropped them ' +
        '(retentionDays: 2): logins of that time, if there were any, are missing.',
    ]);
    assert.equal(at.polled.status.state, 'missing_data');
    assert.match(at.polled.status.detail, /from 2026-03-10T05:00:00/);
    assert.deepEqual(tenantsOf(at.polled).slice(counted), ['org_a1', 'org_z9'], 'it goes on with what is left');

    at.model.goOn();
    await at.polled.poll();
    assert.equal(at.polled.status.state, 'ok', 'it does not stay broken');
    assert.match(at.polled.status.warnings.join(), /from 2026-03-10T05:00:00/, 'people are still told of it');
    assert.equal(at.polled.samples.length, counted + 4);
    for (let day = 0; day < 8; day++) {
      at.clock.nowMs += DAY_MS;
      await at.polled.poll();
    }
    assert.deepEqual(at.polled.status.warnings, []);
  });
}

test('a quiet tenant whose last log was dropped has lost nothing, and every login counts once', async () => {
  await using at = await opened({ retentionDays: 1 });
  await at.polled.poll();
  const truth = new Map(at.model.truth());
  for (let hour = 0; hour < 60; hour++) {
    at.clock.nowMs += HOUR_MS;
    at.model.drop(at.clock.nowMs - DAY_MS);
    await at.polled.poll();
    assert.equal(at.polled.status.state, 'ok', at.polled.status.detail);
  }
  assert.deepEqual([...standingUsage(at.polled.samples)], [...truth]);
  at.model.goOn();
  await at.polled.poll();
  await at.polled.poll();
  assert.deepEqual(tenantsOf(at.polled).slice(-2), ['org_a1', 'org_z9']);
  assert.equal(standingUsage(at.polled.samples).get(loginKey('org_z9', new Date(at.clock.nowMs).toISOString())), 1);
});

test('an outage is no gap where logs are kept for longer than the settings say', async () => {
  await using at = await opened({ retentionDays: 1 });
  await at.polled.poll();
  at.model.goOn();
  at.clock.nowMs += 3 * DAY_MS;
  at.model.goOn();
  await at.polled.poll();
  assert.equal(at.polled.status.state, 'ok', at.polled.status.detail);
  at.isTrue();
});

test('a run reads so many pages at most, and the next one goes on', async () => {
  await using at = await opened({ maxPages: 2 });
  await at.polled.poll();
  const first = at.polled.samples.length;
  assert.equal(first, 1 + 2 * PAGE);
  assert.match(at.polled.status.warnings.join(), /more to read than 2 pages/);
  await at.polled.poll();
  assert.doesNotMatch(at.polled.status.warnings.join(), /more to read/);
  at.isTrue();
});

test('the token never goes to another address', async () => {
  await using elsewhere = await Upstream.start(() => json([]));
  await using at = await opened();
  await at.polled.poll();
  at.model.goOn();
  const { answer } = at.model;
  at.model.answer = (request) => ({
    ...answer.call(at.model, request),
    headers: { link: `<${elsewhere.url}/api/v2/logs?from=1&take=100>; rel="next"` },
  });
  await assert.rejects(at.polled.poll(), { code: 'source_garbled', message: /must not be given the token/ });
  assert.equal(elsewhere.requests.length, 0);
});

test('nothing about a person leaves the poller, whatever goes wrong', async () => {
  await using at = await opened();
  const said: string[] = [];
  const bodies = [JSON.stringify(at.model.logs), JSON.stringify(at.model.logs).replaceAll('"log_id"', '"id"')];
  for (const fault of [
    null,
    { kind: 'truncated' as const },
    { kind: 'cut' as const },
    ...bodies.map((body) => ({ kind: 'body' as const, body })),
    { kind: 'body' as const, body: JSON.stringify({ logs: at.model.logs }) },
    null,
  ]) {
    at.model.goOn();
    at.upstream.disturb = () => fault;
    said.push(await at.polled.poll().then(JSON.stringify, ({ message, cause }) => `${message} ${cause}`));
  }
  at.isTrue();
  said.push(JSON.stringify(at.polled.memory.published), JSON.stringify([...at.polled.memory.state]));
  said.push(at.polled.log.join('\n'), await at.polled.registry.metrics());
  for (const planted of PERSONAL) assert.ok(!said.join('\n').includes(planted), planted);
  const samples = JSON.stringify(at.polled.samples);
  for (const { log_id } of at.model.logs) assert.ok(!samples.includes(log_id), 'the log cannot be looked up');
  assert.ok(
    at.polled.samples.every(({ windowStart, windowEnd }) => windowStart === windowEnd && windowEnd % HOUR_MS === 0),
  );
});

const machine = { credentials: { clientId: 'env:CLIENT', clientSecret: 'env:SOURCE_KEY' } };

test('a token is asked for once, again before it ends, and again when it is refused', async () => {
  await using at = await opened(machine);
  const poll = async (): Promise<number> => {
    at.model.goOn();
    await at.polled.poll();
    return at.model.tokens.length;
  };
  assert.deepEqual([await poll(), await poll()], [1, 1]);
  at.clock.nowMs += (at.model.tokenSeconds - 1800) * 1000;
  assert.deepEqual([await poll(), await poll()], [2, 2]);
  at.model.tokens.push('revoked');
  await assert.rejects(at.polled.poll(), { code: 'source_unauthorized' });
  assert.equal(await poll(), 4);
  at.isTrue();
});

test('neither the secret of the application nor its token stands in anything that is said', async () => {
  await using at = await opened(machine);
  await at.polled.poll();
  const token = at.model.tokens[0] ?? '';
  assert.ok(at.upstream.requests.some(({ body }) => body.includes(SOURCE_KEY)));
  assert.ok(at.upstream.requests.some(({ headers }) => headers.authorization?.includes(token)));
  for (const status of [200, 400, 403]) {
    at.model.answer = () => problem(status, `no ${token} and no ${SOURCE_KEY}`);
    await assert.rejects(at.polled.poll());
  }
  const { memory, log, registry } = at.polled;
  const said = JSON.stringify([memory.published, [...memory.state], log, await registry.metrics()]);
  for (const secret of [token, SOURCE_KEY]) assert.ok(!said.includes(secret), secret);
});

test('a limit of requests is waited for until it counts anew', async () => {
  await using at = await opened();
  const reset = String(NOW / 1000 + 1);
  at.upstream.disturb = ({ number }) =>
    number === 1 ? { kind: 'status', status: 429, headers: { 'x-ratelimit-reset': reset } } : null;
  await at.polled.poll();
  const [first, second] = at.upstream.requests;
  assert.ok((second?.atMs ?? 0) - (first?.atMs ?? 0) >= 990);
  at.isTrue();
});

test('a day that a command names does not make logs be left out', async () => {
  await using at = await opened();
  const yesterday = dayOf(SINCE);
  await at.polled.poll({ days: { from: yesterday, to: yesterday } });
  at.isTrue();
  assert.match(at.polled.status.warnings.join('\n'), /whatever days are asked for/);
});

test('wrong credentials are told by their path, without what stands there', () => {
  for (const credentials of [{}, { token: 'plain-secret' }, { clientId: 'env:A' }]) {
    assert.throws(
      () =>
        new Polled({
          name: 'auth0',
          settings: { url: 'https://acme.eu.auth0.com', credentials },
          clock: { nowMs: NOW },
        }),
      ({ message }) => /pollers\.auth0\.credentials(\.token)?: expected /.test(message) && !/plain/.test(message),
    );
  }
});
