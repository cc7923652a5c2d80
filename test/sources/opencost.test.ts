import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { LosslessNumber, parse, stringify } from 'lossless-json';
import { formatAmount, parseAmount } from '../../attribution/amount.ts';
import type { CostReport } from '../../schemas/cost-report.ts';
import { addDays, DAY_MS, dayOf, formatDay } from '../../schemas/day.ts';
import type { Amount } from '../../schemas/scalars.ts';
import { OpenCost, opencostSource } from './models/opencost.ts';
import { Polled } from './polled.ts';
import { keepsPollerPromises } from './poller-promises.ts';
import { standingReports } from './standing.ts';
import { Upstream, type UpstreamRequest } from './upstream.ts';

keepsPollerPromises(opencostSource);

const { nowMs: NOW, settings: settingsOf } = opencostSource;

async function opened(settings: Record<string, unknown> = {}) {
  const clock = { nowMs: NOW };
  const model = new OpenCost(clock);
  const upstream = await Upstream.start(
    (request) => model.answer(request),
    () => clock.nowMs,
  );
  const polled = new Polled({ name: 'opencost', settings: { ...settingsOf(upstream.url), ...settings }, clock });
  return { clock, model, upstream, polled };
}

const isOf =
  (day: string) =>
  ({ query }: UpstreamRequest): boolean =>
    query.get('window')?.startsWith(day) === true;

const newest = ({ reports }: Polled, day: string): CostReport | undefined =>
  reports.findLast((report) => formatDay(report.day) === day);

test('whatever says nothing is no cost of zero', async () => {
  for (const data of ['[{}]', '[null]', '[]', 'null']) {
    const { upstream, polled } = await opened({ acceptEmpty: true });
    await using _closing = upstream;
    await polled.poll();
    const before = standingReports(polled.reports);
    upstream.disturb = () => ({ kind: 'body', body: `{"code":200,"status":"success","data":${data}}` });
    await polled.poll();
    assert.deepEqual(standingReports(polled.reports), before, data);
    assert.equal(polled.status.state, 'missing_data');
  }
});

test('a day without cost after days with cost is believed only where that is asked for', async () => {
  for (const acceptEmpty of [false, true]) {
    const { upstream, polled } = await opened({ acceptEmpty });
    await using _closing = upstream;
    await polled.poll();
    const before = standingReports(polled.reports).size;
    upstream.disturb = (request) =>
      isOf('2026-03-09')(request) ? { kind: 'body', body: '{"code":200,"data":[{}]}' } : null;
    await polled.poll();
    assert.equal(polled.status.state, acceptEmpty ? 'ok' : 'missing_data');
    assert.equal(before - standingReports(polled.reports).size, acceptEmpty ? 1 : 0);
  }
});

test('what Prometheus has forgotten stands as it was known, the day that it has half forgotten too', async () => {
  const { clock, model, upstream, polled } = await opened();
  await using _closing = upstream;
  await polled.poll();
  const before = standingReports(polled.reports);
  model.knownFromMs = Date.parse('2026-02-23T14:00:00Z');
  clock.nowMs += DAY_MS;
  await polled.poll();
  assert.equal(polled.status.state, 'ok', polled.status.detail);
  assert.match(polled.status.warnings.join(), /2026-02-23: OpenCost has forgotten a part/);
  for (const [key, lines] of before) {
    if (!key.endsWith('2026-03-10')) assert.deepEqual(standingReports(polled.reports).get(key), lines, key);
  }
});

test('a day of which only a part is known is told of, and says so on its lines', async () => {
  const { clock, model, upstream, polled } = await opened();
  await using _closing = upstream;
  model.knownFromMs = Date.parse('2026-03-05T10:30:00Z');
  await polled.poll();
  assert.match(polled.status.warnings.join(), /prod-eu-1 on 2026-03-05: OpenCost knows of 810 of 1440 minutes/);
  assert.deepEqual(newest(polled, '2026-03-04'), undefined);
  assert.deepEqual(newest(polled, '2026-03-05')?.lines[0]?.tags, { minutes: '810' });
  assert.deepEqual(newest(polled, '2026-03-06')?.lines[0]?.tags, {});
  assert.deepEqual(newest(polled, '2026-03-10')?.lines[0]?.tags, {}, 'today is not over');
  clock.nowMs += DAY_MS;
  await polled.poll();
  assert.equal(newest(polled, '2026-03-05')?.status, 'final', 'no more will be known');
});

for (const [name, body, message] of [
  ['an allocation without a name', '{"code":200,"data":[{"":{ALLOCATION}}]}', /has no name/],
  ['a failure inside of a 200', '{"code":500,"status":"error","data":null}', /code: expected 200/],
  ['several sets', '{"code":200,"data":[{},{}]}', /2 sets instead of one/],
  ['another window', '{"code":200,"data":[{"asr":{OTHER}}]}', /another window/],
  ['a cost that is no number', '{"code":200,"data":[{"asr":{NAN}}]}', /totalCost/],
] as const) {
  test(`${name} breaks the poll, and nothing of it is used`, async () => {
    const { upstream, polled } = await opened();
    await using _closing = upstream;
    const of = (start: string, cost: string): string =>
      `"window":{"start":"${start}","end":"${start}"},"start":"${start}","end":"${start}","totalCost":${cost}`;
    const filled = body
      .replace('ALLOCATION', of('2026-02-08T00:00:00Z', '1'))
      .replace('OTHER', of('2026-02-07T18:00:00Z', '1'))
      .replace('NAN', of('2026-02-08T00:00:00Z', '"NaN"'));
    upstream.disturb = () => ({ kind: 'body', body: filled });
    const { faults } = await polled.poll();
    assert.match(faults.join(), message);
    assert.equal(polled.reports.length, 0);
  });
}

test('a window that OpenCost refuses is told in its own words, although they are no JSON', async () => {
  const clock = { nowMs: NOW };
  const body = 'Invalid \'window\' parameter: illegal window: never\n{"code":500,"status":"","data":null}';
  await using refusing = await Upstream.start(
    () => ({ status: 400, body }),
    () => clock.nowMs,
  );
  const refused = new Polled({ name: 'opencost', settings: settingsOf(refusing.url), clock });
  const { faults } = await refused.poll();
  assert.match(faults.join(), /answered 400: Invalid 'window' parameter: illegal window: never/);
});

test('the recorded answer is read to the last digit, idle cost as a line of its own', async () => {
  const clock = { nowMs: NOW };
  for (const [index, idle] of [
    [0, '0.03082'],
    [1, '0.01749'],
  ] as const) {
    const set = (await recording())[index];
    const day = { start: '2026-03-09T00:00:00Z', end: '2026-03-10T00:00:00Z' };
    const asked = Object.entries(set ?? {}).map(
      ([name, allocation]) => [name, { ...allocation, window: day }] as const,
    );
    const body = stringify({ code: 200, data: [Object.fromEntries(asked)] }) ?? '';
    await using upstream = await Upstream.start(
      () => ({ status: 200, body }),
      () => clock.nowMs,
    );
    const polled = new Polled({ name: 'opencost', settings: settingsOf(upstream.url), clock });
    const yesterday = addDays(dayOf(NOW), -1);
    await polled.poll({ days: { from: yesterday, to: yesterday } });
    const lines = newest(polled, '2026-03-09')?.lines ?? [];
    assert.deepEqual(
      new Map(lines.map(({ service, namespace, billed }) => [`${service} ${namespace}`, formatAmount(billed)])),
      new Map(
        Object.entries(set ?? {}).map(([name, allocation]) =>
          name === '__idle__'
            ? ['idle ', idle]
            : [`workloads ${name}`, formatAmount(amountOf(allocation['totalCost']))],
        ),
      ),
    );
    assert.deepEqual(new Set(lines.map(({ cluster }) => cluster)), new Set(['h2']), 'as OpenCost names it');
  }
});

test('in the recorded answer the total cost is that of all parts and adjustments, but for rounding', async () => {
  const isPart = /^(cpu|gpu|ram|pv|network|loadBalancer|shared|external)Cost(Adjustment)?$/;
  for (const [name, allocation] of (await recording()).flatMap((set) => Object.entries(set))) {
    const parts = Object.keys(allocation).filter((key) => isPart.test(key));
    assert.equal(parts.length, 14, name);
    const sum = parts.reduce((total, key) => total + amountOf(allocation[key]), 0n);
    const difference = sum - amountOf(allocation['totalCost']);
    assert.ok(difference <= 20_000_000n && difference >= -20_000_000n, `${name}: ${difference}`);
  }
});

test('a password goes to the proxy as basic authentication, and nowhere else', async () => {
  const clock = { nowMs: NOW };
  const encoded = Buffer.from('apportion:key-of-the-test-1f0c').toString('base64');
  await using upstream = await Upstream.start(
    ({ headers }) => ({ status: 403, body: `not you: ${headers.authorization}` }),
    () => clock.nowMs,
  );
  const auth = { scheme: 'basic', user: 'apportion', password: 'env:SOURCE_KEY' };
  const polled = new Polled({ name: 'opencost', settings: { ...settingsOf(upstream.url), auth }, clock });
  const { faults } = await polled.poll();
  assert.equal(upstream.requests[0]?.headers.authorization, `Basic ${encoded}`);
  assert.match(faults.join(), /not you: Basic \[redacted\]/);
  assert.doesNotMatch(`${polled.log.join()}${polled.status.detail}`, new RegExp(encoded));
});

type Recorded = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

async function recording(): Promise<readonly Recorded[]> {
  const text = await readFile(new URL('../recordings/opencost/allocation.json', import.meta.url), 'utf8');
  return (parse(text) as { data: readonly Recorded[] }).data;
}

function amountOf(value: unknown): Amount {
  assert.ok(value instanceof LosslessNumber);
  return parseAmount(value.value) as Amount;
}
