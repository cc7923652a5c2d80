import { partitionOfText } from '../../runtime/kafka/murmur2.ts';
import type { Call } from '../../schemas/call.ts';
import type { Catalog } from '../../schemas/catalog.ts';
import type { CostLine, CostReport } from '../../schemas/cost-report.ts';
import { dayOf, startOf } from '../../schemas/day.ts';
import type { Day, Instant } from '../../schemas/scalars.ts';
import { calls } from '../../schemas/topics.ts';
import type { UsageTotal } from '../../schemas/usage-total.ts';
import { callTotal } from '../call-total.ts';
import { costLine } from '../cost-line.ts';
import { generator } from '../generator.ts';
import { splitCatalog } from '../split-catalog.ts';

export const TENANTS = 200;
/** Of the topics, as Apportion comes. */
const PARTITIONS = 4;
/** Each tenant uses one namespace of its group for each partition. */
const GROUPS = 12;
const LONGEST_CALL_MS = 600_000;

export const NAMESPACES = GROUPS * PARTITIONS;

/** Lines of a day, when each tenant has called in all its namespaces. */
export function linesOf(services: number): number {
  return TENANTS * (PARTITIONS + services);
}

/** See `splitCatalog`. */
export function platformCatalog(sharedRule?: string): Catalog {
  return splitCatalog(
    Array.from({ length: TENANTS }, (_, tenant) => tenantId(tenant)),
    sharedRule,
  );
}

/** What the clusters cost on a day. Another edition has other amounts, and stands in the place of those before. */
export function namespaceReport(day: Day, edition = 0): CostReport {
  const random = generator(day * 1000 + edition);
  const lines = Array.from({ length: NAMESPACES }, (_, namespace) =>
    costLine({ cluster: CLUSTER, namespace: namespaceId(namespace) }, random),
  );
  return report('cast-ai', CLUSTER, day, edition, lines);
}

/** What so many services of the platform cost on a day: split by what each tenant costs in the namespaces. */
export function serviceReport(day: Day, services: number): CostReport {
  const random = generator(day * 1000);
  const lines = Array.from({ length: services }, (_, service) =>
    costLine({ service: `Amazon Service ${service}`, region: 'eu-central-1' }, random),
  );
  return report('aws', '123456789012', day, 0, lines);
}

/** What the meter would count on a day of calls like those of `callMaker`. */
export function platformTotals(day: Day): readonly UsageTotal[] {
  const random = generator(day);
  return Array.from({ length: TENANTS * PARTITIONS }, (_, index) => {
    const [tenant, partition] = [Math.floor(index / PARTITIONS), index % PARTITIONS];
    return callTotal({ day, ...placeOf(tenant, partition), partition }, random);
  });
}

/**
 * Makes calls that end at the given instants and lie on one day whole. The namespace follows from the partition that
 * the call goes to: so all calls of a tenant in a namespace are counted in the order in which they were sent.
 */
export function callMaker(seed: number): (endedAt: Instant) => Call {
  const random = generator(seed);
  let count = 0;
  return (endedAt) => {
    count += 1;
    const callId = `${seed}-${String(count).padStart(32, '0')}`;
    const tenant = random(TENANTS);
    const partition = partitionOfText(`${SOURCE}/${callId}`, PARTITIONS);
    return {
      callId,
      ...placeOf(tenant, partition),
      startedAt: Math.max(endedAt - 1 - random(LONGEST_CALL_MS), startOf(dayOf(endedAt))),
      endedAt,
      source: SOURCE,
    };
  };
}

/** The partition of a call, which `callMaker` has worked out before. */
export function partitionOf(call: Call): number {
  return partitionOfText(calls.key(call), PARTITIONS);
}

const CLUSTER = 'prod-eu-1';
const SOURCE = 'bench';

function placeOf(tenant: number, partition: number) {
  const namespace = namespaceId((tenant % GROUPS) * PARTITIONS + partition);
  return { tenant: tenantId(tenant), product: 'asr', cluster: CLUSTER, namespace };
}

function tenantId(tenant: number): string {
  return `tenant-${String(tenant).padStart(3, '0')}`;
}

function namespaceId(namespace: number): string {
  return `asr-shared-${namespace}`;
}

function report(
  source: string,
  account: string,
  day: Day,
  observedAt: Instant,
  lines: readonly CostLine[],
): CostReport {
  return { source, account, day, currency: 'USD', observedAt, status: 'final', lines };
}
