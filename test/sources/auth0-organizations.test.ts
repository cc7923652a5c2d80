import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Organization } from '../../producers/auth0/api.ts';
import { listOrganizations } from '../../producers/auth0/list-organizations.ts';
import { createLogger } from '../../runtime/logger.ts';
import { createSecrets } from '../../runtime/secrets.ts';
import { SOURCE_KEY } from './polled.ts';
import { json, Upstream, type UpstreamAnswer, type UpstreamRequest } from './upstream.ts';

const PAGE = 2;
const organizations = ['acme', 'globex', 'initech', 'umbrella', 'wayne'].map((name) => ({
  ...{ id: `org_${name}`, name, display_name: name === 'wayne' ? ' Wayne\n\u001b[2J Co ' : name.toUpperCase() },
  branding: { logo_url: 'https://example.com/logo.png' },
}));

/** As Auth0 pages them: `next` is the mark of the next page, and left out on the last one. */
function answer({ path, query, headers }: UpstreamRequest): UpstreamAnswer {
  if (headers.authorization !== `Bearer ${SOURCE_KEY}`) return { status: 401, body: '{}' };
  assert.equal(path, '/api/v2/organizations');
  assert.equal(query.get('take'), '100');
  const at = Number(query.get('from') ?? '0');
  const next = at + PAGE < organizations.length ? { next: String(at + PAGE) } : {};
  return json({ organizations: organizations.slice(at, at + PAGE), ...next });
}

async function list(url: string, settings: Record<string, unknown> = {}): Promise<readonly Organization[]> {
  return listOrganizations({
    poller: 'auth0:eu',
    settings: { url, credentials: { token: 'env:SOURCE_KEY' }, since: '2026-03-01', ...settings },
    secrets: createSecrets({ env: { SOURCE_KEY }, awsSecret: async () => null }),
    logger: createLogger('silent'),
    signal: AbortSignal.timeout(30_000),
    now: Date.parse('2026-03-10T06:00:00Z'),
  });
}

test('organisations come from all pages, each with a name that fits on a line', async () => {
  await using upstream = await Upstream.start(answer);
  const found = await list(upstream.url);
  assert.deepEqual(
    found.map(({ id }) => id),
    organizations.map(({ id }) => id),
  );
  assert.deepEqual(found[0], { id: 'org_acme', name: 'acme', displayName: 'ACME' });
  assert.equal(found.at(-1)?.displayName, 'Wayne [2J Co');
  assert.equal(upstream.requests.length, 3);
});

test('pages that go in circles, or come twice, give no list', async () => {
  const mark = (next: string): UpstreamAnswer => json({ organizations: organizations.slice(0, 1), next });
  const empty = json({ organizations: [], next: 'same' });
  for (const [answers, code] of [
    [() => empty, 'page_loop'],
    [({ number }: UpstreamRequest) => mark(String(number)), 'source_garbled'],
    [() => json([{ id: 'org_a', name: 'acme' }]), 'source_garbled'],
  ] as const) {
    await using upstream = await Upstream.start(answers);
    await assert.rejects(list(upstream.url), { code });
  }
});

for (const [status, code] of [
  [401, 'source_unauthorized'],
  [403, 'source_forbidden'],
  [404, 'source_refused'],
] as const) {
  test(`${status} gives no list, and says what to do`, async () => {
    await using upstream = await Upstream.start(answer);
    upstream.disturb = ({ number }) => (number === 2 ? { kind: 'status', status } : null);
    await assert.rejects(list(upstream.url), ({ code: found, message, advice }) => {
      assert.equal(found, code);
      assert.notEqual(advice, '');
      return !`${message}`.includes(SOURCE_KEY);
    });
  });
}

test('settings that are missing are told with their paths', async () => {
  await assert.rejects(list('', { credentials: undefined }), {
    code: 'bad_settings',
    message: /pollers\.auth0:eu\.url[\s\S]*pollers\.auth0:eu\.credentials/,
  });
});
