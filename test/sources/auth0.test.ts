import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCatalog } from '../../attribution/parse-catalog.ts';
import type { Catalog } from '../../schemas/catalog.ts';
import { addDays, DAY_MS, dayOf } from '../../schemas/day.ts';
import { Auth0, auth0Source, loginKey, PAGE, PERSONAL, problem, settings } from './models/auth0.ts';
import { Polled, SOURCE_KEY } from './polled.ts';
import { keepsPollerPromises } from './poller-promises.ts';
import { standingUsage } from './standing.ts';
import { json, Upstream } from './upstream.ts';

keepsPollerPromises(auth0Source);

const { nowMs: NOW } = auth0Source;
const HOUR_MS = 3_600_000;

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
  const yesterday = addDays(dayOf(NOW), -1);
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
