import { z } from 'zod';
import { type CallLimits, refuseCall } from '../../attribution/refuse-call.ts';
import type { Call } from '../../schemas/call.ts';
import type { Instant } from '../../schemas/scalars.ts';
import { instant, object, text, textOr } from './fields.ts';
import { LineFault } from './line-fault.ts';
import { parseJsonText, readShape } from './parse-json.ts';
import { quickCall } from './quick-call.ts';

export const callShape = object(
  z.strictObject({
    source: text,
    callId: text,
    tenant: text,
    product: textOr(''),
    cluster: textOr(''),
    namespace: textOr(''),
    startedAt: instant,
    endedAt: instant,
  }),
);

/** Reads one line of `apportion send calls`. `nowMs` is the clock that a start may not be far ahead of. */
export function parseCallLine(line: string, nowMs: Instant, limits: CallLimits): Call | LineFault {
  const json = parseJsonText(line);
  return json instanceof LineFault ? json : readCall(json, nowMs, limits);
}

/** Reads a call out of JSON as `parseJsonText` gives it. */
export function readCall(json: unknown, nowMs: Instant, limits: CallLimits): Call | LineFault {
  const call = quickCall(json) ?? readShape(json, callShape);
  if (call instanceof LineFault) return call;
  const refusal = refuseCall(call, nowMs, limits);
  return refusal === null ? call : new LineFault(refusal.reason, refusal.detail);
}
