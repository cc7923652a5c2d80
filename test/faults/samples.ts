import type { Call } from '../../schemas/call.ts';
import type { UsageSample } from '../../schemas/usage-sample.ts';

/** What the gateway of the voice platform measures. */
export const REQUESTS = 'requests';

/** One of so many calls. */
const SAMPLED = 4;

/**
 * The requests that some calls were made of, as a gateway counts them. It follows from a call whether it has any, and how
 * many: a call that comes again has the same sample again, and one that contradicts an earlier one has such a sample.
 */
export function samplesOf(calls: readonly Call[]): readonly UsageSample[] {
  return calls.filter(({ startedAt }) => startedAt % SAMPLED === 0).map(sampleOf);
}

function sampleOf({ callId, tenant, product, cluster, namespace, startedAt, endedAt }: Call): UsageSample {
  return {
    source: 'gateway',
    sampleId: callId,
    meter: REQUESTS,
    ...{ tenant, product, cluster, namespace, owner: '' },
    windowStart: startedAt,
    windowEnd: endedAt,
    quantity: 1 + (endedAt % 1_000),
  };
}
