import type { CallLimits } from '../../attribution/refuse-call.ts';
import type { Call } from '../../schemas/call.ts';
import type { Instant } from '../../schemas/scalars.ts';
import { readCall } from '../json-lines/call-line.ts';
import { LineFault } from '../json-lines/line-fault.ts';
import type { Sender } from './tokens.ts';

/** Why a call of a request was not taken. */
export interface Rejection {
  /** Its place in the batch, from 0. */
  readonly index: number;
  /** As far as it is known. */
  readonly callId?: string;
  readonly reason: string;
  readonly detail: string;
}

export interface SortedCalls {
  readonly accepted: readonly Call[];
  readonly rejected: readonly Rejection[];
}

/** Tells the good calls of a request from the bad ones. None of them has a say in the others. */
export function sortCalls(items: readonly unknown[], sender: Sender, nowMs: Instant, limits: CallLimits): SortedCalls {
  const accepted: Call[] = [];
  const rejected: Rejection[] = [];
  for (const [index, item] of items.entries()) {
    const call = item instanceof LineFault ? item : ofSender(sender, readCall(item, nowMs, limits));
    if (call instanceof LineFault) rejected.push({ index, ...idOf(item), reason: call.reason, detail: call.detail });
    else accepted.push(call);
  }
  return { accepted, rejected };
}

function ofSender({ name, source }: Sender, call: Call | LineFault): Call | LineFault {
  if (call instanceof LineFault || source === null || call.source === source) return call;
  return new LineFault('wrong_source', `The token ${name} is for calls of the source ${JSON.stringify(source)} alone.`);
}

const MAX_SHOWN_LENGTH = 256;

function idOf(item: unknown): { callId?: string } {
  if (typeof item !== 'object' || item === null || !('callId' in item)) return {};
  const { callId } = item;
  return typeof callId === 'string' && callId.length <= MAX_SHOWN_LENGTH ? { callId } : {};
}
