import { isDeepStrictEqual } from 'node:util';
import { lastDayOf, splitCall } from '../../attribution/meter-call.ts';
import { MAX_AHEAD_MS } from '../../attribution/refusal.ts';
import { type CallLimits, refuseCall } from '../../attribution/refuse-call.ts';
import type { Refused } from '../../runtime/dead-letter.ts';
import { type Codec, type InputRecord, Undecodable } from '../../runtime/task.ts';
import type { Call } from '../../schemas/call.ts';
import { dayOf } from '../../schemas/day.ts';
import type { Day, Instant } from '../../schemas/scalars.ts';
import { calls } from '../../schemas/topics.ts';
import { CALL_DURATION } from '../../schemas/usage-total.ts';
import {
  HEADER_BYTES,
  instantAt,
  instantEnd,
  isPlainText,
  textEnd,
  textStart,
  writeCount,
  writeText,
} from './avro-bytes.ts';
import { absorb, clear, finish, newHash } from './hash.ts';
import type { LinePart, LineReader, LineTexts } from './line.ts';

/**
 * Reads calls for the meter. There are two ways, with one result:
 *
 * - The fast way takes a call's numbers and hashes from its bytes, and makes no text and no object. It is open to
 *   values whose schema lays the fields out as `callAvro` does, and to calls that are plain and good at a glance.
 * - All others are decoded by the codec and judged by `refuseCall`. The texts of a good one are written as the fast way
 *   expects them, so that a call has the same hashes whatever schema it came in.
 */
export class CallReader implements LineReader {
  readonly identity = newHash();
  readonly key = newHash();
  readonly content = newHash();
  readonly count = 1;
  firstDay: Day = dayOf(0);
  lastDay: Day = dayOf(0);
  eventTime: Instant = 0;
  quantity = 0;

  readonly #codec: Codec;
  readonly #limits: CallLimits;
  readonly #layouts = new Map<number, boolean>();
  #plainSchema = -1;
  #value: Buffer = NO_VALUE;
  #timestampMs: Instant = 0;
  #startsAt: Instant = 0;
  #endsAt: Instant = 0;
  #isChecked = false;
  #decoded: Call | Undecodable | null = null;

  constructor(codec: Codec, limits: CallLimits) {
    this.#codec = codec;
    this.#limits = limits;
  }

  read({ value, timestampMs }: InputRecord): Refused | null {
    this.#value = value ?? NO_VALUE;
    this.#timestampMs = timestampMs;
    this.#isChecked = false;
    this.#decoded = null;
    return this.#readPlain(this.#value) ? null : this.#readAny();
  }

  check(): Refused | null {
    if (this.#isChecked) return null;
    const call = this.#decode();
    if (call instanceof Undecodable) return call;
    const refusal = refuseCall(call, this.#timestampMs, this.#limits);
    this.#isChecked = refusal === null;
    return refusal;
  }

  parts(): readonly LinePart[] {
    return splitCall(this.#startsAt, this.#endsAt).map(({ day, ms, count }) => ({ day, quantity: ms, count }));
  }

  texts(): LineTexts {
    const call = this.#decode();
    if (call instanceof Undecodable) throw new Error(`A call was read that the codec cannot decode: ${call.detail}`);
    const { source, callId, tenant, product, cluster, namespace } = call;
    return { source, id: callId, meter: CALL_DURATION, tenant, product, cluster, namespace, isCall: true };
  }

  #decode(): Call | Undecodable {
    this.#decoded ??= this.#codec.decode(calls, this.#value);
    return this.#decoded;
  }

  /** False where the codec has the say. */
  #readPlain(bytes: Buffer): boolean {
    if (!this.#hasPlainLayout(bytes)) return false;
    const idEnd = textEnd(bytes, HEADER_BYTES);
    if (idEnd < 0) return false;
    const tenantEnd = textEnd(bytes, idEnd);
    if (tenantEnd < 0) return false;
    const productEnd = textEnd(bytes, tenantEnd);
    if (productEnd < 0) return false;
    const clusterEnd = textEnd(bytes, productEnd);
    if (clusterEnd < 0) return false;
    const namespaceEnd = textEnd(bytes, clusterEnd);
    if (namespaceEnd < 0) return false;
    const startEnd = instantEnd(bytes, namespaceEnd);
    if (startEnd < 0) return false;
    const endEnd = instantEnd(bytes, startEnd);
    if (endEnd < 0 || textEnd(bytes, endEnd) !== bytes.length) return false;
    const startsAt = instantAt(bytes, namespaceEnd, startEnd);
    const endsAt = instantAt(bytes, startEnd, endEnd);
    if (endsAt < startsAt || endsAt - startsAt > this.#limits.maxCallMs) return false;
    if (startsAt > this.#timestampMs + MAX_AHEAD_MS || endsAt > LAST_PLAIN_INSTANT) return false;
    const idStart = textStart(bytes, HEADER_BYTES);
    const sourceStart = textStart(bytes, endEnd);
    if (!isPlainText(bytes, idStart, idEnd) || !isPlainText(bytes, sourceStart, bytes.length)) return false;

    clear(this.identity);
    absorb(this.identity, bytes, sourceStart, bytes.length);
    absorb(this.identity, bytes, idStart, idEnd);
    clear(this.key);
    absorb(this.key, bytes, idEnd, namespaceEnd);
    this.#setTimes(startsAt, endsAt);
    return true;
  }

  #readAny(): Refused | null {
    const call = this.#decode();
    if (call instanceof Undecodable) return call;
    const refusal = refuseCall(call, this.#timestampMs, this.#limits);
    if (refusal !== null) return refusal;
    this.#isChecked = true;

    clear(this.identity);
    absorb(this.identity, scratch, 0, scratch.write(call.source));
    absorb(this.identity, scratch, 0, scratch.write(call.callId));
    let end = writeText(scratch, 0, call.tenant);
    end = writeText(scratch, end, call.product);
    end = writeText(scratch, end, call.cluster);
    end = writeText(scratch, end, call.namespace);
    clear(this.key);
    absorb(this.key, scratch, 0, end);
    this.#setTimes(call.startedAt, call.endedAt);
    return null;
  }

  /** The content of a call is its key and its times, as three words. */
  #setTimes(startsAt: Instant, endsAt: Instant): void {
    const durationMs = endsAt - startsAt;
    const startHigh = Math.floor(startsAt / 2 ** 32);
    this.content[0] = finish(finish(finish((this.key[0] ?? 0) ^ startsAt) ^ durationMs) ^ startHigh);
    this.content[1] = finish(finish(finish((this.key[1] ?? 0) ^ durationMs) ^ startsAt) ^ startHigh);
    this.#startsAt = startsAt;
    this.#endsAt = endsAt;
    this.eventTime = Math.min(endsAt, this.#timestampMs);
    this.quantity = durationMs;
    this.firstDay = dayOf(startsAt);
    this.lastDay = lastDayOf(startsAt, endsAt);
  }

  /** Whether the value's schema lays a call out as `callAvro` does. */
  #hasPlainLayout(bytes: Buffer): boolean {
    if (bytes.length < HEADER_BYTES || bytes[0] !== 0) return false;
    const schema = ((bytes[1] ?? 0) << 24) | ((bytes[2] ?? 0) << 16) | ((bytes[3] ?? 0) << 8) | (bytes[4] ?? 0);
    if (schema === this.#plainSchema) return true;
    const isPlain = this.#layouts.get(schema) ?? this.#learnLayout(schema, bytes);
    if (isPlain) this.#plainSchema = schema;
    return isPlain;
  }

  /** A call with another value in each field comes back as it was only where every field is where it should be. */
  #learnLayout(schema: number, bytes: Buffer): boolean {
    bytes.copy(scratch, 0, 0, HEADER_BYTES);
    const decoded = this.#codec.decode(calls, scratch.subarray(0, writeCall(scratch, PROBE)));
    // A schema that is unknown today may be known tomorrow.
    if (decoded instanceof Undecodable && decoded.reason === 'unknown_schema') return false;
    const isPlain = isDeepStrictEqual({ ...decoded }, PROBE);
    this.#layouts.set(schema, isPlain);
    return isPlain;
  }
}

const NO_VALUE = Buffer.alloc(0);

/** In the year 6429. */
const LAST_PLAIN_INSTANT = 2 ** 47;

/** Holds a call with the longest texts. */
const scratch = Buffer.alloc(2048);

const PROBE: Call = {
  callId: 'call',
  tenant: 'of a tenant',
  product: 'with a product',
  cluster: 'in a cluster',
  namespace: 'and a namespace',
  startedAt: 1_700_000_000_001,
  endedAt: 1_700_000_000_002,
  source: 'from a source',
};

/** Writes a call behind the header as `callAvro` lays it out. */
function writeCall(target: Buffer, call: Call): number {
  let end = writeText(target, HEADER_BYTES, call.callId);
  end = writeText(target, end, call.tenant);
  end = writeText(target, end, call.product);
  end = writeText(target, end, call.cluster);
  end = writeText(target, end, call.namespace);
  end = writeCount(target, end, call.startedAt);
  end = writeCount(target, end, call.endedAt);
  return writeText(target, end, call.source);
}
