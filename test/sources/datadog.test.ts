import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAmount } from '../../attribution/amount.ts';
import type { CostReport } from '../../schemas/cost-report.ts';
import { DAY_MS, formatDay, parseDay } from '../../schemas/day.ts';
import type { Amount, Day } from '../../schemas/scalars.ts';
import { chargeJson, datadogSource, ORG, rowOf, rowsOf } from './models/datadog.ts';
import { Polled, SOURCE_KEY } from './polled.ts';
import { keepsPollerPromises } from './poller-promises.ts';
import { standingReports } from './standing.ts';
import { Upstream } from './upstream.ts';

keepsPollerPromises(datadogSource);

const { nowMs: NOW } = datadogSource;

/** What a source says that is made of rows of days, by `YYYY-MM-DD`, `product type cost` each. */
interface Said {
  readonly estimated: Record<string, readonly string[]>;
  historical?: readonly string[];
  org?: string;
}

async function opened(now: string, said: Said, settings: Record<string, unknown> = {}) {
  const clock = { nowMs: Date.parse(now) };
  const charges = (texts: readonly string[]): string[] =>
    texts.map((text) => {
      const [product = '', type = '', cost = ''] = text.split(' ');
      return `{"product_name":"${product}","charge_type":"${type}","cost":${cost}}`;
    });
  const upstream = await Upstream.start(
    ({ path, query }) => {
      if (path.endsWith('historical_cost')) {
        const { historical } = said;
        const first = parseDay(`${query.get('start_month')}-01`) as Day;
        return rowsOf(historical === undefined ? [] : [rowOf(first, charges(historical), said.org)]);
      }
      const month = query.get('start_date')?.slice(0, 7) ?? '';
      const days = Object.entries(said.estimated).filter(([day]) => day.startsWith(month));
      return rowsOf(days.map(([day, texts]) => rowOf(parseDay(day) as Day, charges(texts), said.org)));
    },
    () => clock.nowMs,
  );
  const polled = new Polled({
    name: 'datadog',
    settings: { ...datadogSource.settings(upstream.url), ...settings },
    clock,
    env: { APPLICATION_KEY: 'application-key-of-the-test' },
  });
  return { clock, upstream, polled };
}

const newest = ({ reports }: Polled, day: string): CostReport | undefined =>
  reports.findLast((report) => formatDay(report.day) === day);

const shown = (polled: Polled, day: string): string[] =>
  (newest(polled, day)?.lines ?? []).map(({ service, category, billed, tags }) =>
    [service, category, formatAmount(billed), ...Object.values(tags)].join(' '),
  );

test('a poll takes two requests, and three once it is known what the month before has cost', async () => {
  const { clock, upstream, polled } = await opened('2026-03-15T05:00:00Z', {
    estimated: { '2026-03-01': ['logs total 1'] },
  });
  await using _closing = upstream;
  await polled.poll();
  assert.equal(upstream.requests.length, 2);
  clock.nowMs += DAY_MS;
  await polled.poll();
  assert.equal(upstream.requests.length, 5);
});

test('each key goes where it belongs', async () => {
  const said: Said = { estimated: { '2026-03-01': ['logs total 1'] } };
  const { upstream, polled } = await opened('2026-03-03T05:00:00Z', said, { applicationKey: 'env:APPLICATION_KEY' });
  await using _closing = upstream;
  await polled.poll();
  const keys = upstream.requests.map(({ headers }) => [headers['dd-api-key'], headers['dd-application-key']]);
  assert.deepEqual(keys, Array(2).fill([SOURCE_KEY, 'application-key-of-the-test']));
});

test('every digit of a float counts, to twelve decimals', async () => {
  const { upstream, polled } = await opened('2026-03-03T05:00:00Z', {
    estimated: {
      '2026-03-01': ['logs on_demand 3621671.999987'],
      '2026-03-02': ['logs on_demand 3621672.30000000000000004e0'],
    },
  });
  await using _closing = upstream;
  await polled.poll();
  assert.deepEqual(shown(polled, '2026-03-01'), ['logs Usage 3621671.999987 on_demand']);
  assert.deepEqual(shown(polled, '2026-03-02'), ['logs Usage 0.300013 on_demand']);
});

test('a missing day is spread over, says so, and stays estimated until the month is known', async () => {
  const said: Said = { estimated: { '2026-03-01': ['logs on_demand 4'], '2026-03-04': ['logs on_demand 5'] } };
  const { clock, upstream, polled } = await opened('2026-03-12T05:00:00Z', said);
  await using _closing = upstream;
  await polled.poll();
  clock.nowMs += DAY_MS;
  await polled.poll();
  assert.deepEqual(shown(polled, '2026-03-02'), ['logs Usage 0.333333333334 on_demand 3']);
  assert.deepEqual(shown(polled, '2026-03-04'), ['logs Usage 0.333333333333 on_demand 3']);
  assert.equal(newest(polled, '2026-03-01')?.status, 'final');
  assert.equal(newest(polled, '2026-03-02')?.status, 'estimated');
  said.historical = ['logs on_demand 5'];
  clock.nowMs = Date.parse('2026-04-16T05:00:00Z');
  await polled.poll();
  assert.equal(newest(polled, '2026-03-02')?.status, 'final');
});

test('what Datadog takes back is a cost below zero on the day that it does', async () => {
  const { upstream, polled } = await opened('2026-03-12T05:00:00Z', {
    estimated: { '2026-03-01': ['logs on_demand 4'], '2026-03-02': ['logs on_demand 1.5'] },
  });
  await using _closing = upstream;
  await polled.poll();
  assert.deepEqual(shown(polled, '2026-03-02'), ['logs Usage -2.5 on_demand']);
});

test('a day is final when nothing of it can be under way any more, and the last of a month when that is known', async () => {
  const days = Array.from({ length: 31 }, (_, index) => `2026-03-${String(index + 1).padStart(2, '0')}`);
  const said: Said = {
    estimated: Object.fromEntries(days.map((day, index) => [day, [`logs on_demand ${index + 1}`]])),
  };
  const { clock, upstream, polled } = await opened('2026-03-31T23:00:00Z', said);
  await using _closing = upstream;
  await polled.poll();
  clock.nowMs = Date.parse('2026-04-01T05:00:00Z');
  await polled.poll();
  assert.deepEqual(
    ['2026-03-28', '2026-03-29', '2026-03-31'].map((day) => newest(polled, day)?.status),
    ['final', 'estimated', 'estimated'],
  );
  clock.nowMs = Date.parse('2026-04-15T23:00:00Z');
  await polled.poll();
  assert.deepEqual(
    ['2026-03-30', '2026-03-31'].map((day) => newest(polled, day)?.status),
    ['final', 'estimated'],
  );
  clock.nowMs = Date.parse('2026-04-16T05:00:00Z');
  await polled.poll();
  assert.match(polled.status.warnings.join(), /does not say what 2026-03 has cost, which is due by the 16th/);
  assert.equal(newest(polled, '2026-03-31')?.status, 'estimated');
  said.historical = ['logs on_demand 31'];
  await polled.poll();
  assert.equal(newest(polled, '2026-03-31')?.status, 'final');
  assert.deepEqual(shown(polled, '2026-03-31'), ['logs Usage 1 on_demand'], 'nothing was missing');
});

test('the month adds up to what it has cost, by one adjustment per product, made anew at each poll', async () => {
  const said: Said = {
    estimated: {
      '2026-02-01': ['host committed 3', 'host on_demand 4', 'logs on_demand 1'],
      '2026-02-26': ['host committed 3', 'host on_demand 9.25', 'logs on_demand 2'],
    },
    historical: ['host committed 3', 'host on_demand 10', 'host total 13', 'fee total 5'],
  };
  const { upstream, polled } = await opened('2026-03-16T05:00:00Z', said, { acceptEmpty: true });
  await using _closing = upstream;
  const sum = (): string =>
    formatAmount(
      [...new Set(polled.reports.map(({ day }) => day))]
        .flatMap((day) => newest(polled, formatDay(day))?.lines ?? [])
        .reduce((total, { billed }) => total + billed, 0n) as Amount,
    );
  await polled.poll();
  assert.deepEqual(shown(polled, '2026-02-28'), [
    'fee Adjustment 5 historical',
    'host Adjustment 0.75 historical',
    'logs Adjustment -2 historical',
  ]);
  assert.equal(newest(polled, '2026-02-27'), undefined, 'nobody has told of it');
  assert.match(polled.status.warnings.join(), /says nothing of 2026-02 after 2026-02-26/);
  assert.equal(sum(), '18');
  const before = polled.reports.length;
  await polled.poll();
  assert.equal(polled.reports.length, before);
  said.historical = ['host total 13.5', 'fee total 5'];
  await polled.poll();
  assert.equal(sum(), '18.5');
  assert.equal(polled.reports.length, before + 1);
});

test('where Datadog says nothing, nothing changes', async () => {
  const said: Said = { estimated: { '2026-02-27': ['logs total 7'], '2026-03-01': ['logs total 1'] } };
  const { upstream, polled } = await opened('2026-03-20T05:00:00Z', said, { acceptEmpty: true });
  await using _closing = upstream;
  await polled.poll();
  const before = standingReports(polled.reports);
  delete said.estimated['2026-02-27'];
  said.historical = ['logs total 7'];
  await polled.poll();
  assert.match(polled.status.warnings.join(), /Datadog says nothing of 2026-02: what is known of it stands/);
  assert.deepEqual(standingReports(polled.reports), before, 'no adjustment to days that are not known');
  delete said.estimated['2026-03-01'];
  await assert.rejects(polled.poll(), { code: 'no_data' });
  assert.equal(polled.status.state, 'missing_data');
  assert.deepEqual(standingReports(polled.reports), before);
});

test('each organisation is an account, under the name that the settings give it', async () => {
  const { upstream, polled } = await opened(
    '2026-03-03T05:00:00Z',
    { estimated: {} },
    { view: 'sub-org', accounts: { 'org-a': 'acme' } },
  );
  await using _closing = upstream;
  const day = parseDay('2026-03-02') as Day;
  const rows = [
    rowOf(day, [chargeJson('logs', 'total', 2n)], 'org-a'),
    rowOf(day, [chargeJson('logs', 'total', 5n)], 'org-b'),
  ];
  upstream.disturb = ({ query }) => {
    assert.equal(query.get('view'), 'sub-org');
    return { kind: 'body', body: rowsOf(rows).body };
  };
  await polled.poll();
  assert.deepEqual([...new Set(polled.reports.map(({ account }) => account))], ['acme', 'org-b']);
});

test('two rows of an organisation and instant break the poll', async () => {
  const { upstream, polled } = await opened('2026-03-03T05:00:00Z', { estimated: {} });
  await using _closing = upstream;
  const row = rowOf(parseDay('2026-03-02') as Day, [chargeJson('logs', 'total', 2n)]);
  upstream.disturb = () => ({ kind: 'body', body: rowsOf([row, row]).body });
  await assert.rejects(polled.poll(), { code: 'source_garbled', message: /2026-03-02T00:00:00\.000Z comes twice/ });
});

test('charges that are not what their row comes to are told of', async () => {
  const { upstream, polled } = await opened('2026-03-03T05:00:00Z', { estimated: {} });
  await using _closing = upstream;
  const charges = [chargeJson('logs', 'on_demand', 2n * 10n ** 12n)];
  const body = rowsOf([rowOf(parseDay('2026-03-02') as Day, charges, ORG, '2.02')]).body;
  upstream.disturb = () => ({ kind: 'body', body });
  await polled.poll();
  assert.match(
    polled.status.warnings.join(),
    /by 2026-03-02: the charges add up to 2 USD, and Datadog's own total is 2\.02/,
  );
});

test('days that Datadog no longer tells of one by one are told of', async () => {
  const { clock, upstream, polled } = await opened('2026-03-03T05:00:00Z', {
    estimated: { '2026-03-01': ['logs total 1'], '2026-06-01': ['logs total 1'] },
  });
  await using _closing = upstream;
  await polled.poll();
  assert.doesNotMatch(polled.status.warnings.join(), /single days/);
  clock.nowMs = Date.parse('2026-06-02T05:00:00Z');
  await polled.poll();
  assert.match(polled.status.warnings.join(), /does not tell of single days before 2026-05-01/);
});

test('two organisations cannot be one account', () => {
  const settings = { ...datadogSource.settings('https://api.datadoghq.eu'), accounts: { a: 'acme', b: 'acme' } };
  assert.throws(() => new Polled({ name: 'datadog', settings, clock: { nowMs: NOW } }), {
    code: 'bad_settings',
    message: /pollers\.datadog\.accounts: two organisations cannot be one account/,
  });
});
