import { createHash } from 'node:crypto';
import type { Call } from '../../../schemas/call.ts';
import { addDays, DAY_MS, startOf } from '../../../schemas/day.ts';
import type { Day, Instant } from '../../../schemas/scalars.ts';
import { Random, WeightedChoice } from './random.ts';
import {
  ALIAS,
  type Cluster,
  clusters,
  type Namespace,
  namespaces,
  type Product,
  type Tenant,
  tenants,
  UNKNOWN_TENANT,
} from './world.ts';

/** Calls as they arrive, and what is special among them. */
export interface DemoCalls {
  /** In the order of arrival, by event time: repeated and conflicting lines follow the calls they are of. */
  readonly lines: readonly Call[];
  readonly distinct: number;
  readonly duplicates: number;
  readonly conflicting: number;
}

const HOUR_MS = 3_600_000;

/** Calls per hour of the callers' day, relative to each other. */
const rhythm = [2, 1, 1, 1, 2, 5, 14, 38, 72, 96, 100, 94, 78, 84, 97, 95, 88, 70, 48, 33, 24, 16, 9, 4];
/** Monday to Sunday. */
const week = [100, 104, 102, 98, 92, 38, 30];

/** The usual and the longest duration of a call, in seconds. */
const durations: Readonly<Record<Product, { readonly usual: number; readonly longest: number }>> = {
  asr: { usual: 260, longest: 5_400 },
  voicebot: { usual: 150, longest: 2_400 },
  biometrics: { usual: 35, longest: 300 },
};

/** Makes `count` distinct calls of `days` days up to `lastDay`, and some of them again. */
export function makeCalls(seed: number, lastDay: Day, days: number, count: number): DemoCalls {
  const random = new Random(seed, 'calls');
  const choices = new Choices(addDays(lastDay, 1 - days), days);
  const end = startOf(addDays(lastDay, 1));
  const arrivals: Arrival[] = [];
  let duplicates = 0;
  let conflicting = 0;
  for (let index = 0; index < count; index++) {
    const call = makeCall(random, choices, end, index);
    arrivals.push({ call, at: call.endedAt });
    // An at-least-once sender repeats a line within the hour.
    if (random.chance(DUPLICATE_SHARE)) {
      duplicates++;
      arrivals.push({ call, at: call.endedAt + random.integer(1, HOUR_MS) });
    }
    // A broken one sends another end under the same id.
    if (random.chance(CONFLICT_SHARE)) {
      conflicting++;
      const other = { ...call, endedAt: call.endedAt + 1_000 };
      arrivals.push({ call: other, at: call.endedAt + random.integer(1_000, HOUR_MS) });
    }
  }
  // A stable sort: a repeated line stays behind its call even at the same instant.
  arrivals.sort((a, b) => a.at - b.at);
  return { lines: arrivals.map(({ call }) => call), distinct: count, duplicates, conflicting };
}

interface Arrival {
  readonly call: Call;
  readonly at: Instant;
}

const DUPLICATE_SHARE = 0.006;
const CONFLICT_SHARE = 0.0005;
const UNKNOWN_SHARE = 0.004;
/** Conferences that somebody forgot to end. */
const LONG_SHARE = 0.004;
const DEDICATED_SHARE = 0.7;
const AT_HOME_SHARE = 0.8;

function makeCall(random: Random, choices: Choices, end: Instant, index: number): Call {
  const day = choices.days.pick(random);
  const tenant = choices.tenantsOn(day).pick(random);
  const cluster = random.chance(AT_HOME_SHARE) ? tenant.home : choices.clusters.pick(random).id;
  const { name: namespace, product } = choices.placeOf(random, tenant, cluster);
  const startedAt = choices.startOn(random, day, cluster);
  // On the last day calls are over at midnight, so that no day comes after it.
  const endedAt = Math.min(end, startedAt + durationMs(random, product ?? 'asr'));
  const reported = { tenant: reportedTenant(random, tenant.id, cluster), product: product ?? '', cluster, namespace };
  return {
    callId: idOf(reported, startedAt, endedAt, index),
    ...reported,
    startedAt,
    endedAt,
    source: 'voice-platform',
  };
}

function durationMs(random: Random, product: Product): number {
  const { usual, longest } = durations[product];
  if (random.chance(LONG_SHARE)) return random.integer(longest * 1_000, 3 * longest * 1_000);
  // The product of two even draws gives many short calls and few long ones; its mean is a quarter.
  return Math.min(longest * 1_000, 800 + Math.floor(random.fraction() * random.fraction() * 4 * usual * 1_000));
}

function reportedTenant(random: Random, tenant: string, cluster: string): string {
  if (random.chance(UNKNOWN_SHARE)) return UNKNOWN_TENANT;
  return tenant === ALIAS.tenant && cluster === ALIAS.cluster ? ALIAS.alias : tenant;
}

/** An id follows from what it names, never from chance or arrival. */
function idOf(reported: object, startedAt: Instant, endedAt: Instant, index: number): string {
  const content = JSON.stringify([...Object.values(reported), startedAt, endedAt, index]);
  return createHash('sha256').update(content).digest('hex').slice(0, 20);
}

/** The choices that every call is made of. */
class Choices {
  readonly days: WeightedChoice<Day>;
  readonly clusters = new WeightedChoice(clusters, () => 1);
  readonly #first: Day;
  readonly #hours = new WeightedChoice([...rhythm.keys()], (hour) => rhythm[hour] ?? 0);
  readonly #tenants: readonly WeightedChoice<Tenant>[];

  constructor(first: Day, days: number) {
    const all = Array.from({ length: days }, (_, index) => addDays(first, index));
    this.#first = first;
    this.days = new WeightedChoice(all, (day) => week[weekday(day)] ?? 0);
    this.#tenants = all.map(
      (_, index) => new WeightedChoice(tenants, ({ weight, fromDay }) => (index >= fromDay ? weight : 0)),
    );
  }

  tenantsOn(day: Day): WeightedChoice<Tenant> {
    const choice = this.#tenants[day - this.#first];
    if (choice === undefined) throw new RangeError(`Day ${day} is none of the demo's.`);
    return choice;
  }

  /** A tenant's own namespace, or a shared one of the cluster that serves one of its products, or any shared one. */
  placeOf(random: Random, tenant: Tenant, cluster: string): Namespace {
    const here = namespaces.filter((place) => place.cluster === cluster && place.product !== null);
    const own = here.find((place) => place.tenant === tenant.id);
    if (own !== undefined && random.chance(DEDICATED_SHARE)) return own;
    const shared = here.filter((place) => place.tenant === null);
    const bought = shared.filter(({ product }) => product !== null && tenant.products.includes(product));
    return new WeightedChoice(bought.length > 0 ? bought : shared, ({ cents }) => cents).pick(random);
  }

  /** By the clocks of the callers; what they do before their midnight can be the day before in UTC, and is moved. */
  startOn(random: Random, day: Day, cluster: string): Instant {
    const { hoursAhead } = clusters.find(({ id }) => id === cluster) ?? ({ hoursAhead: 0 } satisfies Partial<Cluster>);
    const local = this.#hours.pick(random) * HOUR_MS + random.integer(0, HOUR_MS - 1);
    return startOf(day) + ((local - hoursAhead * HOUR_MS + DAY_MS) % DAY_MS);
  }
}

/** 0 is Monday; 1 January 1970 was a Thursday. */
function weekday(day: Day): number {
  return (day + 3) % 7;
}
