import { z } from 'zod';
import { canonicalJson, sha256 } from '../../attribution/canonical-json.ts';
import { compilePatterns } from '../../attribution/glob.ts';
import type { UsageSample } from '../../schemas/usage-sample.ts';
import type { Counter } from './read-counters.ts';

const patterns = z.union([z.string(), z.array(z.string()).min(1)]);
const text = z.string().default('');

/** To whom and where the requests of services belong. */
export const mappingShape = {
  /** The first whose `service` fits decides: a name, a glob, or a list of either. */
  services: z
    .array(z.strictObject({ service: patterns, tenant: text, product: text, cluster: text, namespace: text }))
    .default([]),
  /** Kong's consumer, where there is one, is the tenant: its id or alias. Kong 3 only, with `per_consumer`. */
  tenantFrom: z.literal('consumer').nullable().default(null),
} as const;

const mapping = z.object(mappingShape);

/** What samples of one reading have in common. */
export interface Span extends Pick<UsageSample, 'source' | 'windowStart' | 'windowEnd'> {
  /** Names the pod. */
  readonly pod: string;
  /** The state that the increases start from, as text. */
  readonly since: string;
}

export type ToSamples = (increases: readonly (readonly [Counter, number])[], span: Span) => readonly UsageSample[];

/**
 * Compiles the mapping to what adds up the increases of a pod into samples. Their ids derive from what they are of and
 * the state they start from: the same increase read again, with whatever came on top, has the same.
 */
export function compileSamples({ services, tenantFrom }: z.output<typeof mapping>): ToSamples {
  const rules = services.map(({ service, ...target }) => ({ fits: compilePatterns(service), target }));
  const targetOf = ({ service, consumer }: Counter) => {
    const target = rules.find(({ fits }) => fits(service))?.target ?? NOWHERE;
    const tenant = tenantFrom === 'consumer' && consumer !== '' ? consumer : target.tenant;
    return { ...target, tenant, owner: service === '' ? '' : `service/${service}` };
  };
  return (increases, { pod, since, ...common }) => {
    const sums = new Map<string, Omit<UsageSample, 'sampleId'>>();
    for (const [counter, increase] of increases) {
      for (const meter of metersOf(counter)) {
        const what = { meter, ...targetOf(counter) };
        const key = canonicalJson(what);
        sums.set(key, { ...common, ...what, quantity: (sums.get(key)?.quantity ?? 0) + increase });
      }
    }
    const start = sha256(canonicalJson([pod, since]));
    return [...sums].map(([key, sum]) => ({ ...sum, sampleId: sha256(start + key).slice(0, ID_DIGITS) }));
  };
}

const NOWHERE = { tenant: '', product: '', cluster: '', namespace: '' };
const ID_DIGITS = 32;

function metersOf({ family, code, answeredBy, direction }: Counter): readonly string[] {
  if (family === 'bandwidth') return DIRECTIONS.has(direction) ? [`bandwidth_${direction}_bytes`] : [];
  const status = Number(code);
  return [
    'request',
    ...(status >= 400 && status < 500 ? ['request_4xx'] : []),
    ...(status >= 500 ? ['request_5xx'] : []),
    // Its changelog says `exit`, `error` and `service`; its code writes `kong` and `service`.
    ...(answeredBy !== '' && answeredBy !== 'service' ? ['request_kong'] : []),
  ];
}

const DIRECTIONS: ReadonlySet<string> = new Set(['ingress', 'egress']);
