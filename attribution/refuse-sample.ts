import type { Instant } from '../schemas/scalars.ts';
import { MAX_SAMPLE_QUANTITY, type UsageSample } from '../schemas/usage-sample.ts';
import { REFUSAL_METERS } from '../schemas/usage-total.ts';
import { describeInstant, faultOfInstant, faultOfText, MAX_AHEAD_MS, type Refusal } from './refusal.ts';

/**
 * The longest window of a sample, a month. Each day of a window gives a total, and the meter's restore reads back by
 * this much, so that there must be a limit.
 */
export const MAX_SAMPLE_WINDOW_MS = 31 * 86_400_000;

/**
 * Why a usage sample is refused by its content alone, or null; the first reason of allocation.md section 8 that applies.
 * A sample needs no tenant. `nowMs` is the clock at the edge, and the record's timestamp in the meter.
 */
export function refuseSample(sample: UsageSample, nowMs: Instant): Refusal | null {
  const fault = faultOfSample(sample);
  if (fault !== null) return { reason: 'invalid', detail: fault };
  if (sample.source === '') return { reason: 'empty_id', detail: 'source is empty.' };
  if (sample.sampleId === '') return { reason: 'empty_id', detail: 'sampleId is empty.' };
  if (sample.meter === '') return { reason: 'empty_id', detail: 'meter is empty.' };

  const { windowStart, windowEnd } = sample;
  if (windowEnd < windowStart) {
    const detail = `windowEnd ${describeInstant(windowEnd)} lies before windowStart ${describeInstant(windowStart)}.`;
    return { reason: 'ended_before_started', detail };
  }
  if (windowEnd - windowStart > MAX_SAMPLE_WINDOW_MS) {
    return { reason: 'too_long', detail: `The window is ${windowEnd - windowStart} ms long, over 31 days.` };
  }
  if (windowStart > nowMs + MAX_AHEAD_MS) {
    const detail = `windowStart ${describeInstant(windowStart)} is over 5 minutes ahead of ${describeInstant(nowMs)}.`;
    return { reason: 'in_future', detail };
  }
  return null;
}

function faultOfSample(sample: UsageSample): string | null {
  return (
    faultOfText('source', sample.source) ??
    faultOfText('sampleId', sample.sampleId) ??
    faultOfText('meter', sample.meter) ??
    faultOfMeter(sample.meter) ??
    faultOfText('tenant', sample.tenant) ??
    faultOfText('product', sample.product) ??
    faultOfText('cluster', sample.cluster) ??
    faultOfText('namespace', sample.namespace) ??
    faultOfText('owner', sample.owner) ??
    faultOfInstant('windowStart', sample.windowStart) ??
    faultOfInstant('windowEnd', sample.windowEnd) ??
    faultOfQuantity(sample.quantity)
  );
}

function faultOfMeter(meter: string): string | null {
  if (!REFUSAL_METERS.includes(meter)) return null;
  return `meter ${meter} is reserved for lines that were refused.`;
}

function faultOfQuantity(quantity: number): string | null {
  if (Number.isInteger(quantity) && quantity >= 0 && quantity <= MAX_SAMPLE_QUANTITY) return null;
  return `quantity ${quantity} is not an integer of 0 to ${MAX_SAMPLE_QUANTITY}.`;
}
