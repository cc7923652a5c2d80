import { createHash } from 'node:crypto';
import type { Instant } from '../../schemas/scalars.ts';
import { MAX_SAMPLE_QUANTITY, type UsageSample } from '../../schemas/usage-sample.ts';
import { sourceError } from '../polling/errors.ts';
import { METERS, type Meter, plus, type Sums, UNITS } from './meters.ts';
import { type ClosedWindow, keyOf, type Metered } from './window.ts';

/** By workload: what was too little for a whole unit. */
export type Remainders = ReadonlyMap<string, Sums>;

export interface SamplesOptions {
  readonly source: string;
  readonly cluster: string;
  readonly window: ClosedWindow;
  /** Of the window before. */
  readonly remainders: Remainders;
}

/**
 * The samples of a window: one per workload and meter that is not 0, in whole units. What is left over counts in the
 * workload's next window. The start of the window is part of the identity, and no two windows of a cluster start at once.
 *
 * @throws ApportionError `source_garbled` when a quantity is larger than any cluster
 */
export function samplesOf({ source, cluster, window, remainders }: SamplesOptions): {
  readonly samples: readonly UsageSample[];
  readonly remainders: Remainders;
} {
  const { from, to, totals } = window;
  const samples: UsageSample[] = [];
  const left = new Map<string, Sums>();
  for (const { of, sums } of totals) {
    const key = keyOf(of);
    const { quantities, remainder } = wholeUnits(plus(sums, remainders.get(key) ?? {}));
    left.set(key, remainder);
    for (const [meter, quantity] of quantities) {
      if (quantity > MAX_SAMPLE_QUANTITY) {
        throw sourceError('source_garbled', `${cluster}: ${of.namespace}/${of.owner} has ${quantity} ${meter}.`);
      }
      samples.push({
        source,
        sampleId: identityOf(cluster, of, meter, from),
        meter,
        ...{ tenant: of.tenant, product: of.product, cluster, namespace: of.namespace, owner: of.owner },
        ...{ windowStart: from, windowEnd: to, quantity: Number(quantity) },
      });
    }
  }
  return { samples, remainders: left };
}

function wholeUnits(sums: Sums): {
  readonly quantities: readonly (readonly [Meter, bigint])[];
  readonly remainder: Sums;
} {
  const of = (meter: Meter): bigint => sums[meter] ?? 0n;
  const quantities = METERS.map((meter) => [meter, of(meter) / UNITS[meter]] as const);
  return {
    quantities: quantities.filter(([, quantity]) => quantity > 0n),
    remainder: Object.fromEntries(METERS.map((meter) => [meter, of(meter) % UNITS[meter]])),
  };
}

const HASH_DIGITS = 32;

/** Names are longer than an identity may be: a digest stands for them. */
function identityOf(cluster: string, of: Metered, meter: Meter, from: Instant): string {
  const text = JSON.stringify([cluster, keyOf(of), meter]);
  const digest = createHash('sha256').update(text).digest('hex').slice(0, HASH_DIGITS);
  return `${new Date(from).toISOString()}/${digest}`;
}
