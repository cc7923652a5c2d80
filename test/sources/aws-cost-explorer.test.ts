import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAmount } from '../../attribution/amount.ts';
import { DAY_MS, dayOf, formatDay } from '../../schemas/day.ts';
import { useAwsCredentials } from './aws-credentials.ts';
import {
  type Asked,
  awsCostExplorerSource,
  bucketJson,
  CostExplorer,
  dayFrom,
  EC2,
  groupJson,
  PAYER,
  refusal,
  S3,
} from './models/aws-cost-explorer.ts';
import { Polled } from './polled.ts';
import { keepsPollerPromises } from './poller-promises.ts';
import { standingReports } from './standing.ts';
import { json, Upstream, type UpstreamAnswer, type UpstreamRequest } from './upstream.ts';

useAwsCredentials();

keepsPollerPromises(awsCostExplorerSource);

const { name, nowMs: NOW, settings: settingsOf } = awsCostExplorerSource;

async function opened(settings: Record<string, unknown> = {}) {
  const clock = { nowMs: NOW };
  const model = new CostExplorer(clock);
  /** Answers instead of the model's, where it has one. */
  const instead: { of: (request: UpstreamRequest) => UpstreamAnswer | null } = { of: () => null };
  const upstream = await Upstream.start(
    (request) => instead.of(request) ?? model.answer(request),
    () => clock.nowMs,
  );
  const polled = new Polled({ name, settings: { ...settingsOf(upstream.url), ...settings }, clock });
  return { clock, model, instead, upstream, polled };
}

/** Answers every request with these days. */
const days =
  (...ResultsByTime: object[]) =>
  (): UpstreamAnswer =>
    json({ ResultsByTime });

const askedBy = ({ body }: UpstreamRequest): Asked => JSON.parse(body) as Asked;

const yesterday = { from: dayFrom('2026-03-09'), to: dayFrom('2026-03-09') };

test('a poll asks from the first of the previous month, to the end of today, as often as there are pages', async () => {
  const { upstream, polled } = await opened();
  await using _closing = upstream;
  await polled.poll();
  const periods = upstream.requests.map((request) => askedBy(request).TimePeriod);
  assert.deepEqual(new Set(periods.map(({ Start, End }) => `${Start} ${End}`)), new Set(['2026-02-01 2026-03-11']));
  assert.equal(periods.length, 5);
});

test('days are estimated until AWS says that their month is final, and then sent again', async () => {
  const { clock, upstream, polled } = await opened();
  await using _closing = upstream;
  const standing = (day: string) => polled.reports.findLast((report) => formatDay(report.day) === day)?.status;
  await polled.poll();
  assert.deepEqual([standing('2026-02-28'), standing('2026-03-01')], ['final', 'estimated']);
  clock.nowMs = Date.parse('2026-04-05T06:00:00Z');
  await polled.poll();
  assert.equal(standing('2026-03-01'), 'estimated');
  clock.nowMs = Date.parse('2026-04-06T06:00:00Z');
  await polled.poll();
  assert.deepEqual(
    [standing('2026-03-01'), standing('2026-03-31'), standing('2026-04-01')],
    ['final', 'final', 'estimated'],
  );
});

test('one estimated piece of a day makes the day estimated', async () => {
  const { instead, upstream, polled } = await opened();
  await using _closing = upstream;
  instead.of = (request) =>
    askedBy(request).NextPageToken === undefined
      ? json({ ResultsByTime: [bucketJson('2026-03-09', [groupJson(EC2, 'Usage', '1')], true)], NextPageToken: 'two' })
      : json({ ResultsByTime: [bucketJson('2026-03-09', [groupJson(S3, 'Usage', '2')], false)] });
  await polled.poll({ days: yesterday });
  assert.deepEqual(
    polled.reports.map(({ status, lines }) => [status, lines.length]),
    [['estimated', 2]],
  );
});

test('throttling comes with status 400, and is waited for all the same', async () => {
  for (const name of ['LimitExceededException', 'ThrottlingException']) {
    const { model, instead, upstream, polled } = await opened();
    await using _closing = upstream;
    instead.of = ({ number }) => (number === 2 || number === 3 ? refusal(name) : null);
    await polled.poll();
    assert.deepEqual(standingReports(polled.reports), model.truth());
    assert.equal(polled.status.requests, 7, 'each attempt is counted');
  }
});

test('pages that expire in the middle are read from the first one again, and nothing counts twice', async () => {
  for (const name of ['InvalidNextTokenException', 'BillExpirationException', 'RequestChangedException']) {
    const { model, instead, upstream, polled } = await opened();
    await using _closing = upstream;
    // The bill is changed between the pages: what was read of it before must not be part of the report.
    instead.of = ({ number }) => {
      if (number === 4) model.restate();
      return number === 4 ? refusal(name) : null;
    };
    await polled.poll();
    assert.deepEqual(standingReports(polled.reports), model.truth());
    assert.equal(upstream.requests.length, 4 + 5);
  }
});

test('pages that expire again and again end the poll', async () => {
  const { instead, upstream, polled } = await opened();
  await using _closing = upstream;
  instead.of = (request) =>
    askedBy(request).NextPageToken === undefined ? null : refusal('InvalidNextTokenException');
  const { faults } = await polled.poll();
  assert.match(faults.join(), /its pages have expired 3 times/);
  assert.equal(polled.reports.length, 0);
  assert.equal(upstream.requests.length, 6);
});

test('what AWS refuses says what to do, and is not asked again', async () => {
  for (const [name, state, advice] of [
    ['UnrecognizedClientException', 'failed_connection', /key or token/],
    ['ExpiredTokenException', 'failed_connection', /key or token/],
    ['AccessDeniedException', 'failed_connection', /rights/],
    ['ValidationException', 'failed_connection', /does not take this request/],
    ['DataUnavailableException', 'missing_data', /nothing to say/],
  ] as const) {
    const { instead, upstream, polled } = await opened();
    await using _closing = upstream;
    instead.of = () => refusal(name, 'User: arn:aws:iam::1:user/x may not');
    await polled.poll();
    assert.equal(polled.status.state, state, name);
    assert.match(polled.status.detail, advice);
    assert.match(polled.status.detail, new RegExp(`AWS answered 400 \\(${name}\\): User: arn:aws:iam`));
    assert.equal(upstream.requests.length, 1);
  }
});

test('a signature that is refused for its time is made anew by the clock of AWS', async () => {
  const { instead, upstream, polled } = await opened();
  await using _closing = upstream;
  instead.of = ({ headers }) =>
    String(headers['x-amz-date']).startsWith('20260310T06') ? null : refusal('InvalidSignatureException');
  await polled.poll();
  assert.deepEqual([polled.status.state, upstream.requests.length], ['ok', 6]);
});

test('credentials that are not there are told before any request', async (t) => {
  t.after(useAwsCredentials);
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) delete process.env[name];
  const { upstream, polled } = await opened();
  await using _closing = upstream;
  await assert.rejects(polled.poll(), { code: 'credentials_missing' });
  assert.equal(polled.status.state, 'missing_configuration');
  assert.match(polled.status.detail, /Could not load credentials from any providers/);
  assert.deepEqual([upstream.requests.length, polled.status.requests], [0, 0]);
});

test('credits, refunds and tax keep their category and their sign', async () => {
  const { instead, upstream, polled } = await opened();
  await using _closing = upstream;
  const groups: readonly (readonly [string, string, string])[] = [
    ['Usage', '10.1', 'Usage'],
    ['DiscountedUsage', '0', 'Usage'],
    ['SavingsPlanCoveredUsage', '5', 'Usage'],
    ['SavingsPlanNegation', '-5', 'Usage'],
    ['Enterprise Discount Program Discount', '-0.9', 'Usage'],
    ['BundledDiscount', '-0.1', 'Usage'],
    ['RIFee', '40', 'Purchase'],
    ['Recurring reservation fee', '41', 'Purchase'],
    ['SavingsPlanRecurringFee', '3', 'Purchase'],
    ['SavingsPlanUpfrontFee', '100', 'Purchase'],
    ['Support', '29', 'Purchase'],
    ['Tax', '1.9', 'Tax'],
    ['Credit', '-2', 'Credit'],
    ['Refund', '-0.0000000001', 'Adjustment'],
    ['Goodwill', '-1', 'Adjustment'],
  ];
  instead.of = days(
    bucketJson(
      '2026-03-09',
      groups.map(([type, amount]) => groupJson(EC2, type, amount)),
    ),
  );
  await polled.poll({ days: yesterday });
  const lines = polled.reports[0]?.lines.map(({ tags, billed, category }) => [
    tags['recordType'],
    formatAmount(billed),
    category,
  ]);
  assert.deepEqual(lines?.toSorted(), groups.map((group) => [...group]).toSorted());
  assert.deepEqual(polled.status.warnings, [
    'AWS has charges of the record type Goodwill, which is not known here: their category is Adjustment.',
  ]);
});

test('amounts are text with all their digits; a JSON number has lost some, and is not taken', async () => {
  const { instead, upstream, polled } = await opened();
  await using _closing = upstream;
  const group = groupJson(EC2, 'Usage', '184.3199999999', '1.23456789E-3');
  instead.of = days(bucketJson('2026-03-09', [group]));
  await polled.poll({ days: yesterday });
  assert.deepEqual(
    polled.reports[0]?.lines.map(({ billed, effective }) => [billed, effective]),
    [[184_319_999_999_900n, 1_234_567_890n]],
  );
  const asNumber = { ...group, Metrics: { ...group.Metrics, UnblendedCost: { Amount: 184.31, Unit: 'USD' } } };
  instead.of = days(bucketJson('2026-03-09', [asNumber]));
  const { faults } = await polled.poll({ days: yesterday });
  assert.match(faults.join(), /UnblendedCost\.Amount: 184\.31 is not decimal text/);
});

test('a day in two currencies, or a bucket that is no day that was asked for, breaks the poll', async () => {
  const dollars = groupJson(EC2, 'Usage', '1');
  for (const [bucket, fault] of [
    [bucketJson('2026-03-09', [dollars, groupJson(S3, 'Usage', '1', '1', 'CNY')]), /in CNY and USD at once/],
    [bucketJson('2026-03-10', [dollars]), /2026-03-10 to 2026-03-11 is not a day that was asked for/],
    [{ ...bucketJson('2026-03-09', [dollars]), TimePeriod: { Start: '2026-03-09', End: '2026-04-09' } }, /not a day/],
  ] as const) {
    const { instead, upstream, polled } = await opened();
    await using _closing = upstream;
    instead.of = days(bucket);
    const { faults } = await polled.poll({ days: yesterday });
    assert.match(faults.join(), fault);
    assert.equal(polled.reports.length, 0);
  }
});

test('a day whose services all vanish keeps what it had, unless that is accepted', async () => {
  for (const acceptEmpty of [false, true]) {
    const { instead, upstream, polled } = await opened({ acceptEmpty });
    await using _closing = upstream;
    await polled.poll({ days: yesterday });
    instead.of = days(bucketJson('2026-03-09', []));
    await polled.poll({ days: yesterday });
    assert.equal(standingReports(polled.reports).size, acceptEmpty ? 0 : 1);
    assert.equal(polled.status.state, acceptEmpty ? 'ok' : 'missing_data');
  }
});

test('a day without cost is not believed in any piece of a long poll', async () => {
  const { instead, upstream, polled } = await opened();
  await using _closing = upstream;
  const long = { from: dayFrom('2025-12-01'), to: yesterday.to };
  await polled.poll({ days: long });
  const before = standingReports(polled.reports);
  instead.of = (request) =>
    askedBy(request).TimePeriod.Start === '2025-12-01' ? days(bucketJson('2025-12-24', []))() : null;
  const { faults } = await polled.poll({ days: long });
  assert.match(faults.join(), /says that 2025-12-24 had no cost, which is not believed/);
  assert.deepEqual(standingReports(polled.reports), before);
});

const LINKED = ['210987654321', '310987654321'];

test('linked accounts are told apart, and those that nobody listed are in the sum', async () => {
  const { instead, upstream, polled } = await opened({ linkedAccounts: LINKED });
  await using _closing = upstream;
  const only = (Values: readonly string[]) => ({ Dimensions: { Key: 'LINKED_ACCOUNT', Values } });
  const amounts = new Map([
    [JSON.stringify(only(['210987654321'])), '1'],
    [JSON.stringify(only(['310987654321'])), '20'],
    [JSON.stringify({ Not: only(LINKED) }), '300'],
  ]);
  instead.of = (request) => {
    const amount = amounts.get(JSON.stringify(askedBy(request).Filter));
    assert.ok(amount !== undefined, request.body);
    return json({ ResultsByTime: [bucketJson('2026-03-09', [groupJson(EC2, 'Usage', amount)], amount === '20')] });
  };
  await polled.poll({ days: yesterday });
  assert.deepEqual(
    polled.reports.map(({ account, status, lines }) => [
      account,
      status,
      lines.map(({ subAccount, billed }) => [subAccount, formatAmount(billed)]).sort(),
    ]),
    [
      [
        PAYER,
        'estimated',
        [
          ['', '300'],
          ['210987654321', '1'],
          ['310987654321', '20'],
        ],
      ],
    ],
  );
});

test('a day of which one linked account says nothing is not sent', async () => {
  const { instead, upstream, polled } = await opened({ linkedAccounts: LINKED });
  await using _closing = upstream;
  instead.of = ({ number }) =>
    json({ ResultsByTime: number === 2 ? [] : [bucketJson('2026-03-09', [groupJson(EC2, 'Usage', '1')])] });
  const { faults } = await polled.poll({ days: yesterday });
  assert.match(faults.join(), /AWS tells of 2026-03-09 for 2 of the 3 parts of 123456789012 alone/);
  assert.equal(polled.reports.length, 0);
});

test('an account that is listed twice is refused: it would count twice', () => {
  const settings = { account: PAYER, linkedAccounts: [LINKED[0], LINKED[0]] };
  assert.throws(() => new Polled({ name, settings, clock: { nowMs: NOW } }), {
    code: 'bad_settings',
    message: /linkedAccounts: an account stands here twice/,
  });
});

test('thirteen months are read by naming them, piece by piece', async () => {
  const { model, upstream, polled } = await opened();
  await using _closing = upstream;
  const from = dayFrom('2025-02-01');
  await polled.poll({ days: { from, to: dayFrom('2026-03-31') } });
  const starts = new Set(upstream.requests.map((request) => askedBy(request).TimePeriod.Start));
  assert.equal(starts.size, 7);
  assert.equal(askedBy(upstream.requests.at(-1) as UpstreamRequest).TimePeriod.End, '2026-03-11', 'not after today');
  const reported = polled.reports.map(({ day }) => formatDay(day));
  assert.equal(new Set(reported).size, dayOf(NOW) - from + 1);
  for (const [key, lines] of model.truth()) assert.deepEqual(standingReports(polled.reports).get(key), lines);
});

test('a backfill that the requests of the day do not suffice for keeps what it has paid for', async () => {
  const { upstream, polled } = await opened({ dailyRequests: 20 });
  await using _closing = upstream;
  const from = dayFrom('2025-02-01');
  await assert.rejects(polled.poll({ days: { from, to: null } }), { code: 'budget_spent' });
  assert.equal(polled.reports.length, 2 * 62, 'two pieces are whole');
});

test('an outage of months is caught up with', async () => {
  const { clock, model, upstream, polled } = await opened();
  await using _closing = upstream;
  await polled.poll();
  assert.deepEqual(standingReports(polled.reports), model.truth());
  clock.nowMs += 100 * DAY_MS;
  await polled.poll();
  assert.deepEqual(standingReports(polled.reports), model.truth());
  assert.equal(polled.status.state, 'ok');
});

test('no more requests are made than a day may have, not even by a process that is started anew', async () => {
  const { clock, upstream, polled } = await opened({ dailyRequests: 12 });
  await using _closing = upstream;
  const gauge = async () =>
    /apportion_poller_requests_left\{poller="aws-cost-explorer"\} (\d+)/.exec(await polled.registry.metrics())?.[1];
  await polled.poll();
  assert.deepEqual([upstream.requests.length, polled.status.requestsLeft, await gauge()], [5, 7, '7']);
  polled.restart();
  await polled.poll();
  assert.deepEqual([upstream.requests.length, polled.status.requestsLeft, await gauge()], [10, 2, '2']);
  const records = polled.reports.length;
  for (const made of [2, 0]) {
    clock.nowMs += 3_600_000;
    await assert.rejects(polled.poll(), { code: 'budget_spent' });
    assert.deepEqual([upstream.requests.length, polled.status.requestsLeft, await gauge()], [12, 0, '0']);
    assert.deepEqual([polled.status.state, polled.status.requests], ['missing_data', made]);
    assert.match(polled.status.detail, /has made the 12 requests that it may make on 2026-03-10/);
    polled.restart();
  }
  assert.equal(polled.reports.length, records, 'half of the pages are nothing');
  clock.nowMs += DAY_MS;
  await polled.poll();
  assert.deepEqual([upstream.requests.length, polled.status.state], [17, 'ok']);
});
