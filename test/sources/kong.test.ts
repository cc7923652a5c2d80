import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { splitSample } from '../../attribution/meter-sample.ts';
import { MAX_COUNTERS } from '../../producers/kong/read-counters.ts';
import { openPoller } from '../../producers/pollers.ts';
import { createPollerMetrics } from '../../producers/polling/metrics.ts';
import { ApportionError } from '../../runtime/errors.ts';
import type { Journal } from '../../runtime/journal.ts';
import { createLogger } from '../../runtime/logger.ts';
import { createJournalMemory, createMemoryJournal } from '../../runtime/memory/journal.ts';
import { createSecrets } from '../../runtime/secrets.ts';
import { formatDay } from '../../schemas/day.ts';
import type { UsageSample } from '../../schemas/usage-sample.ts';
import { KongNode, KongTruth } from './kong-node.ts';
import { kongSource } from './models/kong.ts';
import { Polled } from './polled.ts';
import { keepsPollerPromises } from './poller-promises.ts';
import { standingUsage } from './standing.ts';
import { Upstream } from './upstream.ts';

keepsPollerPromises(kongSource);

const { nowMs: NOW } = kongSource;
const NODES = ['a', 'b'] as const;

/** Two nodes, each at a path of its own. */
async function opened(settings: Record<string, unknown> = {}) {
  const clock = { nowMs: NOW };
  const a = new KongNode('a');
  const b = new KongNode('b');
  const upstream = await Upstream.start(
    ({ path }) => (path === '/a/metrics' ? a : b).metrics(),
    () => clock.nowMs,
  );
  const options = {
    name: 'kong',
    settings: { targets: NODES.map((node) => `${upstream.url}/${node}/metrics`), requestSeconds: 1, ...settings },
    clock,
  };
  const polled = new Polled(options);
  const poll = () => {
    clock.nowMs += 30_000;
    return polled.poll();
  };
  return { clock, a, b, upstream, polled, options, poll };
}

/** Quantity by meter and owner. */
function quantities(samples: readonly UsageSample[]): Record<string, number> {
  const sums = new Map<string, number>();
  for (const { meter, owner, quantity } of samples) {
    const key = `${meter} ${owner}`;
    sums.set(key, (sums.get(key) ?? 0) + quantity);
  }
  return Object.fromEntries([...sums].sort());
}

test('what was counted before the first poll is not invented, and two pods add up', async () => {
  const { a, b, upstream, polled, poll } = await opened();
  await using _closing = upstream;
  a.answer({ service: 'asr' }, 1_000);
  await poll();
  assert.deepEqual(polled.samples, []);
  a.answer({ service: 'asr' }, 3);
  b.answer({ service: 'asr', code: 429, source: 'exit' }, 4);
  await poll();
  assert.deepEqual(quantities(polled.samples), {
    'request service/asr': 7,
    'request_4xx service/asr': 4,
    'request_kong service/asr': 4,
  });
});

test('a restart is seen by counters that are smaller, by all that nginx answered, and by the id of the node', async () => {
  for (const version of [2, 3] as const) {
    const { a, b, upstream, polled, poll } = await opened();
    await using _closing = upstream;
    for (const node of [a, b]) node.version = version;
    a.answer({ service: 'asr' }, 10);
    a.answer({ service: 'busy' }, 1_000);
    b.answer({ service: 'asr' });
    await poll();
    a.restart();
    // More than it had before: by itself it does not show that it began anew.
    a.answer({ service: 'asr' }, 12);
    await poll();
    assert.deepEqual(quantities(polled.samples), { 'request service/asr': 12 });
  }
});

test('a counter that an answer lacks is not counted again from nothing', async () => {
  const { a, upstream, polled, poll } = await opened();
  await using _closing = upstream;
  a.answer({ service: 'asr' }, 1_000);
  await poll();
  a.statusCodeMetrics = false;
  await poll();
  a.statusCodeMetrics = true;
  a.answer({ service: 'asr' });
  await poll();
  assert.deepEqual(quantities(polled.samples), { 'request service/asr': 1 });
});

test('the names of Kong 2 are read, which does not say who answered', async () => {
  const { a, b, upstream, polled, poll } = await opened({ bandwidth: true });
  await using _closing = upstream;
  for (const node of [a, b]) node.version = 2;
  b.answer({ service: 'voice' });
  await poll();
  a.answer({ service: 'asr', code: 502, source: 'kong' }, 2);
  await poll();
  assert.deepEqual(quantities(polled.samples), {
    'bandwidth_egress_bytes service/asr': 2_000_000,
    'bandwidth_ingress_bytes service/asr': 200,
    'request service/asr': 2,
    'request_5xx service/asr': 2,
  });
});

test('a family that no pod has is told of, with the setting that turns it on', async () => {
  const { a, b, upstream, polled, poll } = await opened({ bandwidth: true });
  await using _closing = upstream;
  a.answer({ service: 'asr' });
  b.answer({ service: 'asr' });
  for (const node of [a, b]) node.bandwidthMetrics = false;
  const { faults } = await poll();
  assert.match(faults.join('\n'), /^No pod tells of kong_bandwidth_bytes or kong_bandwidth\. .*bandwidth_metrics=true/);
  assert.equal(polled.status.state, 'missing_data');
  assert.match(polled.status.detail, /bandwidth_metrics=true.*look alike/);
  a.bandwidthMetrics = true;
  await poll();
  assert.equal(polled.status.state, 'ok', 'one pod that has it shows that it is turned on');
});

test('bandwidth that is asked for later counts from then on', async () => {
  const { a, clock, upstream, polled, poll, options } = await opened();
  await using _closing = upstream;
  a.answer({ service: 'asr' });
  await poll();
  const settings = { ...options.settings, bandwidth: true };
  const later = new Polled({ ...options, settings, memory: polled.memory });
  for (const expected of [{}, { 'bandwidth_ingress_bytes service/asr': 100, 'request service/asr': 1 }]) {
    clock.nowMs += 30_000;
    const before = later.samples.length;
    await later.poll();
    const { 'bandwidth_egress_bytes service/asr': _, ...found } = quantities(later.samples.slice(before));
    assert.deepEqual(found, expected);
    a.answer({ service: 'asr' });
  }
});

for (const [what, line, told] of [
  ['is no whole number', 'kong_http_requests_total{service="asr",code="200"} 1.5', /kong_http_requests_total is 1\.5/],
  ['is infinite', 'kong_http_requests_total{service="asr",code="200"} +Inf', /is \+Inf, which is no count/],
  ['is over 2^53', 'kong_http_requests_total{service="asr",code="200"} 9.1e15', /is 9\.1e15/],
  ['comes twice', 'kong_nginx_up 1\n'.concat('kong_http_status{code="200"} 1\n'.repeat(2)).trim(), /comes twice/],
  ['is of another program', 'node_cpu_seconds_total 1.5', /no metric of Kong/],
] as const) {
  test(`a counter that ${what} breaks its pod, and the other goes on`, async () => {
    const { a, b, upstream, polled, poll } = await opened();
    await using _closing = upstream;
    await poll();
    upstream.disturb = ({ path }) => (path === '/a/metrics' ? { kind: 'body', body: `${line}\n` } : null);
    b.answer({ service: 'asr' }, 5);
    a.answer({ service: 'asr' }, 2);
    const { faults } = await poll();
    assert.equal(faults.length, 1);
    assert.match(faults[0] ?? '', told);
    assert.deepEqual(quantities(polled.samples), { 'request service/asr': 5 });
    assert.deepEqual(
      polled.status.accounts.map(({ state }) => state),
      ['failed_connection', 'ok'],
    );
    upstream.disturb = () => null;
    await poll();
    assert.deepEqual(quantities(polled.samples), { 'request service/asr': 7 });
  });
}

test('a counter that is smaller than it was began anew, even where nothing else shows it', async () => {
  const { upstream, polled, poll } = await opened();
  await using _closing = upstream;
  for (const count of [10, 7, 9]) {
    const body = `kong_http_status{service="asr",route="all",code="200"} ${count}\n`;
    upstream.disturb = ({ path }) => (path === '/a/metrics' ? { kind: 'body', body } : null);
    await poll();
  }
  assert.deepEqual(quantities(polled.samples), { 'request service/asr': 9 });
});

test('counts in thousands and millions are read with an exponent, too', async () => {
  const { upstream, polled, poll } = await opened();
  await using _closing = upstream;
  for (const count of ['1e+06', '1.000001E6', '1000002.0']) {
    upstream.disturb = ({ path }) => {
      const body = `kong_http_requests_total{service="asr",code="200",source="service"} ${count}\n`;
      return path === '/a/metrics' ? { kind: 'body', body } : null;
    };
    await poll();
  }
  assert.deepEqual(quantities(polled.samples), { 'request service/asr': 2 });
});

test('a pod has a limit of counters, at which its state still fits a record', async () => {
  const { upstream, polled, poll } = await opened();
  await using _closing = upstream;
  const bodyOf = (count: number): string =>
    Array.from(
      { length: count },
      (_, i) => `kong_http_requests_total{service="s${i}",code="200"} ${2 ** 53 - 1}\n`,
    ).join('');
  let count = MAX_COUNTERS;
  upstream.disturb = ({ path }) => (path === '/a/metrics' ? { kind: 'body', body: bodyOf(count) } : null);
  await poll();
  assert.equal(polled.status.accounts[0]?.state, 'ok');
  const longest = Math.max(...[...polled.memory.state.values()].map((text) => Buffer.byteLength(text)));
  assert.ok(longest > 100_000 && longest < 900 * 1024, `${longest} bytes`);
  count += 1;
  const { faults } = await poll();
  assert.match(faults[0] ?? '', /has 20001 counters, and at most 20000 are read/);
});

test('services are mapped by name, and consumers are tenants where that is asked for', async () => {
  const { a, upstream, polled, poll } = await opened({
    tenantFrom: 'consumer',
    services: [
      { service: ['asr-*', 'tts'], product: 'speech', cluster: 'prod-eu-1', namespace: 'asr-shared' },
      { service: 'acme-*', tenant: 'acme' },
    ],
  });
  await using _closing = upstream;
  a.answer({ service: 'other' });
  await poll();
  a.answer({ service: 'asr-eu', consumer: 'globex' });
  a.answer({ service: 'asr-eu', consumer: 'initech', route: 'x' }, 2);
  a.answer({ service: 'acme-portal' }, 3);
  a.answer({ service: 'other', consumer: 'globex' }, 4);
  await poll();
  const found = polled.samples.map(({ tenant, product, cluster, namespace, owner, quantity }) =>
    [tenant, product, cluster, namespace, owner, quantity].join(),
  );
  assert.deepEqual(found.sort(), [
    'acme,,,,service/acme-portal,3',
    'globex,,,,service/other,4',
    'globex,speech,prod-eu-1,asr-shared,service/asr-eu,1',
    'initech,speech,prod-eu-1,asr-shared,service/asr-eu,2',
  ]);
});

test('an address that leads to several nodes in turn is refused', async () => {
  const { a, b, upstream, polled, poll } = await opened();
  await using _closing = upstream;
  let turn = 0;
  for (const node of [a, b]) node.answer({ service: 'asr' }, 5);
  upstream.disturb = ({ path }) =>
    path === '/a/metrics' ? { kind: 'body', body: (turn++ % 2 === 0 ? a : b).metrics().body } : null;
  await poll();
  await poll();
  const { faults } = await poll();
  assert.match(faults[0] ?? '', /several Kong nodes answer in turn/);
  assert.equal(polled.status.state, 'failed_connection');
});

test('a poll across midnight gives each day its part of the time', async () => {
  const { a, clock, upstream, polled } = await opened();
  await using _closing = upstream;
  a.answer({ service: 'asr' });
  clock.nowMs = Date.parse('2026-03-10T23:59:50Z');
  await polled.poll();
  a.answer({ service: 'asr' }, 30);
  clock.nowMs += 30_000;
  await polled.poll();
  const [sample] = polled.samples;
  assert.ok(sample !== undefined);
  const parts = splitSample(sample.windowStart, sample.windowEnd, sample.quantity);
  assert.deepEqual(
    parts.map(({ day, quantity }) => [formatDay(day), quantity]),
    [
      ['2026-03-10', 10],
      ['2026-03-11', 20],
    ],
  );
});

test('a clock that was set back, and an outage of over a month, give windows that the meter takes', async () => {
  const { a, clock, upstream, polled, poll } = await opened();
  await using _closing = upstream;
  a.answer({ service: 'asr' });
  await poll();
  for (const passedMs of [-3_600_000, 40 * 86_400_000]) {
    a.answer({ service: 'asr' });
    clock.nowMs += passedMs;
    await poll();
    assert.equal(polled.status.state, 'ok', polled.status.detail);
  }
  assert.deepEqual(
    polled.samples.map(({ windowStart, windowEnd }) => (windowEnd - windowStart) / 86_400_000),
    [0, 31],
  );
});

test('what the meter would refuse is told of, and not lost in silence', async () => {
  const { a, upstream, polled, poll } = await opened();
  await using _closing = upstream;
  a.answer({ service: 'asr' });
  await poll();
  a.answer({ service: 'x'.repeat(300) }, 2);
  a.answer({ service: 'asr' });
  const { faults } = await poll();
  assert.match(faults.join(), /2 of request of service\/x+ are lost: owner is longer than 256 bytes/);
  assert.deepEqual(quantities(polled.samples), { 'request service/asr': 1 });
});

test('requests that are made at once are counted one after the other, and none beyond the budget of the day', async () => {
  const { upstream, options } = await opened();
  await using _closing = upstream;
  const memory = createMemoryJournal(createJournalMemory());
  let writing = 0;
  const journal: Journal = {
    ...memory,
    write: async (entry) => {
      writing += 1;
      assert.equal(writing, 1, 'a transaction is begun before the last one has ended');
      await setImmediate();
      await memory.write(entry);
      writing -= 1;
    },
  };
  const poller = openPoller(
    'kong',
    { ...options.settings, dailyRequests: 3 },
    {
      journal,
      secrets: createSecrets({ env: {} }),
      catalog: async () => null,
      metrics: createPollerMetrics(new Registry()),
      logger: createLogger('silent'),
      now: () => NOW,
    },
  );
  const { signal } = new AbortController();
  await poller.run({ signal });
  await assert.rejects(poller.run({ signal }), { code: 'budget_spent' });
  assert.equal(upstream.requests.length, 3);
});

test('settings name the pods in one way, by addresses that are different and without credentials', async () => {
  for (const [settings, told] of [
    [{}, /in no way, or in two/],
    [
      { targets: ['http://kong:8100'], kubernetes: { namespace: 'kong', selector: 'app=kong' } },
      /in no way, or in two/,
    ],
    [{ targets: ['http://kong:8100', 'http://kong:8100'] }, /stands there twice/],
    [{ targets: ['http://admin:hunter22@kong:8100'] }, /targets\.0: expected an address without user and query/],
    [
      { targets: ['http://kong:8100/metrics?token=hunter22'] },
      /targets\.0: expected an address without user and query/,
    ],
    [{ targets: ['kong:8100'] }, /targets\.0: Invalid URL/],
  ] as const) {
    assert.throws(
      () => new Polled({ name: 'kong', settings, clock: { nowMs: NOW } }),
      (error) => {
        assert.ok(error instanceof ApportionError && error.code === 'bad_settings');
        assert.match(error.message, told);
        assert.ok(!error.message.includes('hunter22'));
        return true;
      },
    );
  }
});

type Step =
  | { readonly kind: 'answer'; readonly node: 'a' | 'b'; readonly code: number; readonly count: number }
  | { readonly kind: 'poll' }
  | { readonly kind: 'fail' }
  | { readonly kind: 'die' }
  | { readonly kind: 'break'; readonly node: 'a' | 'b' }
  | { readonly kind: 'restart'; readonly node: 'a' | 'b' };

const node = fc.constantFrom(...NODES);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('answer' as const),
    node,
    code: fc.constantFrom(200, 404, 503),
    count: fc.nat({ max: 20 }),
  }),
  fc.record({ kind: fc.constant('poll' as const) }),
  fc.record({ kind: fc.constant('fail' as const) }),
  fc.record({ kind: fc.constant('die' as const) }),
  fc.record({ kind: fc.constant('break' as const), node }),
  fc.record({ kind: fc.constant('restart' as const), node }),
);

test('whatever pods, the broker and the process go through, the sums are the truth in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const { clock, a, b, upstream, polled, poll } = await opened();
      await using _closing = upstream;
      const nodes = { a, b };
      const truth = new KongTruth();
      // So that the families are there.
      for (const name of NODES) nodes[name].answer({ service: 'asr' });
      await poll();
      truth.read([a, b], clock.nowMs);
      for (const each of steps) {
        if (each.kind === 'answer') nodes[each.node].answer({ service: 'asr', code: each.code }, each.count);
        else if (each.kind === 'poll') await poll();
        else if (each.kind === 'die') polled.restart();
        else if (each.kind === 'break') {
          upstream.disturb = ({ path }) => (path === `/${each.node}/metrics` ? { kind: 'status', status: 400 } : null);
          await poll();
          upstream.disturb = () => null;
        } else if (each.kind === 'fail') {
          polled.memory.failure = new ApportionError('planted', 'The broker has gone.', 'Wait.');
          await assert.rejects(poll(), { code: 'planted' });
        } else {
          // What a node answers between the last poll and its end nobody knows.
          await poll();
          nodes[each.node].restart();
        }
      }
      await poll();
      assert.deepEqual([...standingUsage(polled.samples)], [...truth.read([a, b], clock.nowMs)]);
    }),
    { numRuns: 60 },
  );
});
