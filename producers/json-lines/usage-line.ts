import { z } from 'zod';
import { refuseSample } from '../../attribution/refuse-sample.ts';
import type { Instant } from '../../schemas/scalars.ts';
import type { UsageSample } from '../../schemas/usage-sample.ts';
import { count, instant, object, text, textOr } from './fields.ts';
import { LineFault } from './line-fault.ts';
import { parseJson } from './parse-json.ts';

const usageShape = object(
  z.strictObject({
    source: text,
    sampleId: text,
    meter: text,
    tenant: textOr(''),
    product: textOr(''),
    cluster: textOr(''),
    namespace: textOr(''),
    owner: textOr(''),
    windowStart: instant,
    windowEnd: instant,
    quantity: count,
  }),
);

/** Reads one line of `apportion send usage`. `nowMs` is the clock that a start may not be far ahead of. */
export function parseUsageLine(line: string, nowMs: Instant): UsageSample | LineFault {
  const sample = parseJson(line, usageShape);
  if (sample instanceof LineFault) return sample;
  const refusal = refuseSample(sample, nowMs);
  return refusal === null ? sample : new LineFault(refusal.reason, refusal.detail);
}
