/**
 * What the world may send: catalogs, calls, samples and cost reports, few names and days so that they meet often.
 * A history has three parts. No line of the first is late in any order; then time goes on in every partition, which
 * closes all days of the first part; whatever comes for those days afterwards is late in any order.
 */
import fc from 'fast-check';
import { canonicalCatalogText, parseCatalog } from '../../attribution/parse-catalog.ts';
import { partitionOfText } from '../../runtime/kafka/murmur2.ts';
import type { Call } from '../../schemas/call.ts';
import type { Catalog } from '../../schemas/catalog.ts';
import type { CostLine, CostReport } from '../../schemas/cost-report.ts';
import { addDays, DAY_MS, formatDay, parseDay, startOf } from '../../schemas/day.ts';
import type { Amount } from '../../schemas/scalars.ts';
import { calls, usage } from '../../schemas/topics.ts';
import type { UsageSample } from '../../schemas/usage-sample.ts';

export type Input =
  | { readonly is: 'catalog'; readonly catalog: Catalog; readonly document: string }
  | { readonly is: 'call'; readonly call: Call }
  | { readonly is: 'sample'; readonly sample: UsageSample }
  | { readonly is: 'report'; readonly report: CostReport }
  /** No record at all, on some topic. */
  | { readonly is: 'garbage'; readonly topic: string; readonly partition: number };

export interface History {
  readonly partitions: number;
  readonly first: readonly Input[];
  /** Moves time on in every partition of calls and usage. */
  readonly ticks: readonly Input[];
  readonly second: readonly Input[];
}

/** Days stay open for this long, in the meter of every simulation. */
export const OPEN_DAYS = 2;
const FIRST_DAY = parseDay('2026-03-09') ?? fail();
/** The first day that is open once time has gone on. */
export const FIRST_OPEN_DAY = addDays(FIRST_DAY, 3);
const TICK_MS = startOf(addDays(FIRST_DAY, 5)) + DAY_MS / 2;
/** When every record is sent: after all that it tells of. */
export const SENT_MS = startOf(addDays(FIRST_DAY, 6));

export function histories(limits: { readonly inputs: number; readonly partitions: number }): fc.Arbitrary<History> {
  const { inputs, partitions } = limits;
  const size = { minLength: 1, maxLength: inputs, size: 'max' } as const;
  return fc.record({
    partitions: fc.constant(partitions),
    first: fc
      .tuple(catalogInputs, fc.array(inputsWithin(0, 3, partitions), size))
      .map(([catalog, others]) => [catalog, ...others]),
    ticks: fc.constant(ticks(partitions)),
    second: fc.array(inputsWithin(1, 6, partitions), size),
  });
}

/** All inputs of a history in the order in which they are sent. */
export function sequence({ first, ticks: between, second }: History): Input[] {
  return [...first, ...between, ...second];
}

/**
 * Another order that must come to the same end: within each part by `order`, but for inputs that stand against one
 * another (catalogs, and lines of one identity), which keep theirs.
 */
export function permuted(history: History, order: readonly number[]): History {
  return { ...history, first: shuffled(history.first, order), second: shuffled(history.second, order.toReversed()) };
}

/** The same with some inputs twice, one right after the other; `which` says so in turn. */
export function repeated(history: History, which: readonly boolean[]): History {
  const repeat = (inputs: readonly Input[]): Input[] =>
    inputs.flatMap((input, index) => (which[index % which.length] ? [input, input] : [input]));
  return { ...history, first: repeat(history.first), second: repeat(history.second) };
}

function shuffled(inputs: readonly Input[], order: readonly number[]): Input[] {
  const rank = (index: number): number => order[index % order.length] ?? 0;
  const places = inputs.map((_, index) => index).sort((a, b) => rank(a) - rank(b) || a - b);
  const queues = Map.groupBy(inputs, rivalryOf);
  return places.map((place) => queues.get(rivalryOf(inputs[place] ?? fail()))?.shift() ?? fail());
}

function rivalryOf(input: Input): string {
  switch (input.is) {
    case 'catalog':
    case 'garbage':
      return input.is;
    case 'call':
      return calls.key(input.call);
    case 'sample':
      return `usage ${usage.key(input.sample)}`;
    case 'report':
      return 'report';
  }
}

const TENANTS = ['ada', 'bob', 'cyd'];
/** Aliases and strangers too: this is what usage names. */
const USAGE_TENANTS = [...TENANTS, 'bob-old', 'nobody'];
const NAMESPACES = ['ada', 'shared', 'batch', ''];
const PRODUCTS = ['', 'asr', 'bots'];
const TIMES = [0, 1, 7 * 3_600_000 + 11, DAY_MS / 2, DAY_MS - 1];

const text = (...values: string[]): fc.Arbitrary<string> => fc.constantFrom(...values);

/** An instant of the days from `from` up to `to`, counted from the first day. */
function instants(from: number, to: number): fc.Arbitrary<number> {
  const days = fc.integer({ min: from, max: to - 1 });
  return fc.tuple(days, fc.constantFrom(...TIMES)).map(([day, time]) => startOf(addDays(FIRST_DAY, day)) + time);
}

function inputsWithin(from: number, to: number, partitions: number): fc.Arbitrary<Input> {
  const latestMs = startOf(addDays(FIRST_DAY, to)) - 1;
  return fc.oneof(
    { weight: 8, arbitrary: callInputs(from, to, latestMs) },
    { weight: 4, arbitrary: sampleInputs(from, to, latestMs) },
    { weight: 8, arbitrary: reportInputs(from, to) },
    { weight: 1, arbitrary: catalogInputs },
    { weight: 1, arbitrary: garbageInputs(partitions) },
  );
}

function callInputs(from: number, to: number, latestMs: number): fc.Arbitrary<Input> {
  return fc
    .record({
      callId: text('1', '2', '3', '4', '5', '6', '7', '8'),
      tenant: text(...USAGE_TENANTS),
      product: text(...PRODUCTS),
      cluster: text('c1', ''),
      namespace: text(...NAMESPACES),
      startedAt: instants(from, to),
      lastsMs: fc.constantFrom(0, 1, 60_000, 61_234, DAY_MS / 2, DAY_MS, -5, DAY_MS + 1),
      source: text('pbx', 'gateway'),
    })
    .map(({ lastsMs, ...call }) => ({
      is: 'call',
      call: { ...call, endedAt: Math.min(call.startedAt + lastsMs, latestMs) },
    }));
}

function sampleInputs(from: number, to: number, latestMs: number): fc.Arbitrary<Input> {
  return fc
    .record({
      sampleId: text('1', '2', '3', '4', '5'),
      meter: text('login', 'request', 'late'),
      tenant: text('', ...USAGE_TENANTS),
      product: text(...PRODUCTS),
      cluster: text('c1', ''),
      namespace: text(...NAMESPACES),
      owner: text('', 'Deployment/x'),
      windowStart: instants(from, to),
      windowMs: fc.constantFrom(0, 3_600_000, DAY_MS, 2 * DAY_MS + 7),
      quantity: fc.constantFrom(0, 1, 3, 1000, 2 ** 52),
    })
    .map(({ windowMs, ...sample }) => ({
      is: 'sample',
      sample: { source: 'auth0', ...sample, windowEnd: Math.min(sample.windowStart + windowMs, latestMs) },
    }));
}

function reportInputs(from: number, to: number): fc.Arbitrary<Input> {
  return fc
    .record({
      source: text('cast-ai', 'aws'),
      account: text('one', 'two'),
      day: fc.integer({ min: from, max: to - 1 }).map((days) => addDays(FIRST_DAY, days)),
      currency: text('USD', 'USD', 'EUR', 'GBP'),
      // Few, so that reports are observed at the same instant.
      observedAt: fc.constantFrom(1, 2, 3, 4, 5, 6).map((hours) => SENT_MS - hours * 3_600_000),
      status: fc.constantFrom('estimated' as const, 'final' as const),
      lines: fc.array(costLines, { maxLength: 5 }),
    })
    .map((report) => ({ is: 'report', report }));
}

const costLines: fc.Arbitrary<CostLine> = fc
  .record({
    service: text('', 'compute', 'logins', 'odd', 'misc'),
    cluster: text('c1', ''),
    namespace: text(...NAMESPACES),
    region: text('', 'eu'),
    resource: text('', 'i-1'),
    subAccount: text('', 's'),
    category: text('Usage', 'Usage', 'Usage', 'Tax', 'Credit'),
    units: fc.constantFrom(1n, 2n, 3n, 7n, 10n ** 12n, 123_456_789_012_345n, 0n, -1n, -5n * 10n ** 12n),
    discount: fc.constantFrom(0n, 1n),
    tags: fc.constantFrom({}, { team: 'x' }),
  })
  .map(({ units, discount, ...line }) => ({
    ...line,
    billed: units as Amount,
    effective: (units - discount) as Amount,
  }));

function garbageInputs(partitions: number): fc.Arbitrary<Input> {
  return fc.record({
    is: fc.constant('garbage' as const),
    topic: text('calls.v1', 'usage.v1', 'cost-reports.v1'),
    partition: fc.nat({ max: partitions - 1 }),
  });
}

const usageSplits = fc.record(
  {
    by: fc.constant('usage'),
    meter: text('call_duration', 'call_count', 'login'),
    scope: text('namespace', 'platform'),
    product: text('asr'),
    targets: fc.constantFrom('all', ['ada', 'cyd']),
    otherwise: fc.constantFrom(
      [{ by: 'even', targets: 'all' }],
      [{ by: 'usage', meter: 'request', scope: 'platform' }, { leave: { reason: 'idle' } }],
    ),
  },
  { requiredKeys: ['by', 'meter', 'scope'] },
);

const blends = usageSplits.map((usageSplit) => ({
  by: 'blend',
  parts: [
    { share: '0.3', ...usageSplit },
    { share: '0.7', by: 'fixed', weights: { ada: '1', bob: '0.5' } },
  ],
}));

const actions: fc.Arbitrary<object> = fc.oneof(
  fc.record({ tenant: text(...TENANTS), product: text('asr', 'bots') }).map((assign) => ({ assign })),
  usageSplits.map((split) => ({ split })),
  fc.constant({ tier: 'shared-cost', split: { by: 'cost', of: 'infrastructure' } }),
  fc.constant({ split: { by: 'cost', of: 'shared-cost', otherwise: [{ by: 'even', targets: ['ada', 'bob'] }] } }),
  blends.map((split) => ({ tier: 'blended', split })),
  fc.constant({ split: { by: 'even', targets: 'all' } }),
  fc.constant({ cover: { by: 'cast-ai' } }),
  text('tax', 'dispute').map((reason) => ({ hold: { reason } })),
  fc.constant({ leave: { reason: 'ours' } }),
);

const matches = fc.oneof(
  fc.constant({}),
  text('cast-ai', 'aws').map((source) => ({ source })),
  fc.constantFrom<string | string[]>('ada', 'shared', '?*', ['batch', '']).map((namespace) => ({ namespace })),
  text('compute', 'logins', 'o*').map((service) => ({ service })),
  text('Tax', 'Credit').map((category) => ({ category })),
  text('x', '').map((team) => ({ 'tags.team': team })),
  fc.constant({ source: 'cast-ai', namespace: 'shared' }),
);

const edges = fc.integer({ min: 0, max: 5 }).map((days) => formatDay(addDays(FIRST_DAY, days)));
const openPeriods = fc.record({ from: edges }, { requiredKeys: [] });

const catalogInputs: fc.Arbitrary<Input> = fc
  .record({
    currency: text('USD', 'USD', 'USD', 'EUR'),
    newTenant: openPeriods,
    expected: fc.subarray(
      [
        { source: 'cast-ai', account: 'one' },
        { source: 'aws', account: 'two' },
      ],
      { minLength: 0 },
    ),
    rates: fc.subarray([
      { from: 'EUR', to: 'USD', day: formatDay(FIRST_DAY), rate: '1.0832' },
      { from: 'EUR', to: 'USD', day: formatDay(addDays(FIRST_DAY, 2)), rate: '0.333333333333333' },
      { from: 'USD', to: 'EUR', day: formatDay(addDays(FIRST_DAY, 1)), rate: '0.9' },
    ]),
    rules: fc.array(fc.tuple(matches, actions, openPeriods), { maxLength: 8, size: 'max' }),
  })
  .map(({ newTenant, rules, ...rest }) => {
    const parsed = parseCatalog({
      version: 1,
      products: [{ id: 'asr' }, { id: 'bots' }],
      tenants: [{ id: 'ada' }, { id: 'bob', aliases: ['bob-old'] }, { id: 'cyd', ...newTenant }],
      rules: rules.map(([match, action, period], index) => ({ id: `r${index}`, match, ...action, ...period })),
      ...rest,
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
    return { is: 'catalog', catalog: parsed.catalog, document: canonicalCatalogText(parsed.catalog) };
  });

export function ticks(partitions: number): Input[] {
  return Array.from({ length: partitions }, (_, partition) => partition).flatMap((partition): Input[] => [
    { is: 'call', call: tickCall(idIn(partition, partitions)) },
    { is: 'sample', sample: tickSample(idIn(partition, partitions)) },
  ]);
}

/** An id of the source `tick` whose lines fall into the partition. */
function idIn(partition: number, partitions: number): string {
  for (let id = 0; ; id++) if (partitionOfText(`tick/${id}`, partitions) === partition) return String(id);
}

function tickCall(callId: string): Call {
  const labels = { tenant: 'ada', product: '', cluster: 'c1', namespace: 'shared' };
  return { callId, ...labels, startedAt: TICK_MS - 1000, endedAt: TICK_MS, source: 'tick' };
}

function tickSample(sampleId: string): UsageSample {
  const labels = { tenant: 'bob', product: '', cluster: '', namespace: '', owner: '', meter: 'login' };
  return { source: 'tick', sampleId, ...labels, windowStart: TICK_MS, windowEnd: TICK_MS, quantity: 1 };
}

function fail(): never {
  throw new Error('unreachable');
}
