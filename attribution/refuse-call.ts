import type { Call } from '../schemas/call.ts';
import type { Instant } from '../schemas/scalars.ts';
import { describeInstant, faultOfInstant, faultOfText, MAX_AHEAD_MS, type Refusal } from './refusal.ts';

export interface CallLimits {
  /** The setting `maxCallHours`, in milliseconds. */
  readonly maxCallMs: number;
}

/**
 * Why a call is refused by its content alone, or null; the first reason of allocation.md section 8 that applies.
 * `nowMs` is the clock at the edge, and the record's timestamp in the meter, so that a replay judges alike.
 */
export function refuseCall(call: Call, nowMs: Instant, limits: CallLimits): Refusal | null {
  const fault = faultOfCall(call);
  if (fault !== null) return { reason: 'invalid', detail: fault };
  if (call.source === '') return { reason: 'empty_id', detail: 'source is empty.' };
  if (call.callId === '') return { reason: 'empty_id', detail: 'callId is empty.' };
  if (call.tenant === '') return { reason: 'empty_tenant', detail: 'tenant is empty.' };

  const durationMs = call.endedAt - call.startedAt;
  if (durationMs < 0) {
    const detail = `endedAt ${describeInstant(call.endedAt)} lies before startedAt ${describeInstant(call.startedAt)}.`;
    return { reason: 'ended_before_started', detail };
  }
  if (durationMs > limits.maxCallMs) {
    const detail = `The call lasts ${durationMs} ms, longer than the ${limits.maxCallMs} ms that are allowed.`;
    return { reason: 'too_long', detail };
  }
  if (call.startedAt > nowMs + MAX_AHEAD_MS) {
    const detail = `startedAt ${describeInstant(call.startedAt)} is over 5 minutes ahead of ${describeInstant(nowMs)}.`;
    return { reason: 'in_future', detail };
  }
  return null;
}

function faultOfCall(call: Call): string | null {
  return (
    faultOfText('source', call.source) ??
    faultOfText('callId', call.callId) ??
    faultOfText('tenant', call.tenant) ??
    faultOfText('product', call.product) ??
    faultOfText('cluster', call.cluster) ??
    faultOfText('namespace', call.namespace) ??
    faultOfInstant('startedAt', call.startedAt) ??
    faultOfInstant('endedAt', call.endedAt)
  );
}
