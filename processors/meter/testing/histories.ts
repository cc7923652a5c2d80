import fc from 'fast-check';
import { createLocalCodec } from '../../../runtime/kafka/codec.ts';
import type { InputRecord } from '../../../runtime/task.ts';
import type { Call } from '../../../schemas/call.ts';
import { calls, usage } from '../../../schemas/topics.ts';
import type { UsageSample } from '../../../schemas/usage-sample.ts';

const HOUR_MS = 3_600_000;
const BEGIN = Date.parse('2026-04-28T00:00:00Z');
const codec = createLocalCodec();

/**
 * What an input partition may hold, in no good order: few identities, so that lines repeat and conflict at every
 * distance; days that pass slowly and by leaps, so that lines are late in whole, in part and not at all; lines over
 * midnight; lines that are refused for every reason; and bytes that are no line.
 */
export const callHistories: fc.Arbitrary<readonly InputRecord[]> = history(callValue(), (value) =>
  codec.encode(calls, value),
).map((records) => records.map((record, offset) => ({ ...record, topic: calls.name, offset: offset * 2 })));

export const sampleHistories: fc.Arbitrary<readonly InputRecord[]> = history(sampleValue(), (value) =>
  codec.encode(usage, value),
).map((records) => records.map((record, offset) => ({ ...record, topic: usage.name, offset: offset * 2 })));

type Unplaced = Omit<InputRecord, 'topic' | 'offset'>;

function history<T>(
  value: (now: number) => fc.Arbitrary<T>,
  encode: (value: T) => Buffer,
): fc.Arbitrary<readonly Unplaced[]> {
  const leap = fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 0, max: 5 }) },
    { weight: 2, arbitrary: fc.integer({ min: 12, max: 40 }) },
    { weight: 1, arbitrary: fc.integer({ min: 40, max: 400 }) },
  );
  return fc.array(leap, { minLength: 1, maxLength: 60, size: 'max' }).chain((leapsHours) => {
    let now = BEGIN;
    const records = leapsHours.map((hours) => {
      now += hours * HOUR_MS;
      return record(value(now).map(encode), now);
    });
    return fc.tuple(...records).chain((lines) => repeated(lines));
  });
}

/** Puts some of the lines in again, later on. */
function repeated(lines: readonly Unplaced[]): fc.Arbitrary<readonly Unplaced[]> {
  const repeats = fc.array(fc.tuple(fc.nat(lines.length - 1), fc.nat(30)), { maxLength: 20, size: 'max' });
  return repeats.map((places) => {
    const result = [...lines];
    for (const [from, distance] of places) {
      const line = lines[from];
      const to = Math.min(result.length, from + 1 + distance);
      const { timestampMs = 0 } = result[to - 1] ?? {};
      if (line !== undefined) result.splice(to, 0, { ...line, timestampMs: Math.max(timestampMs, line.timestampMs) });
    }
    return result;
  });
}

function record(value: fc.Arbitrary<Buffer>, timestampMs: number): fc.Arbitrary<Unplaced> {
  const bytes = fc.oneof(
    { weight: 30, arbitrary: value },
    {
      weight: 1,
      arbitrary: fc.constantFrom(null, Buffer.alloc(0), Buffer.from('no avro'), Buffer.from([0, 0, 0, 0, 99])),
    },
    { weight: 1, arbitrary: fc.tuple(value, fc.nat(80)).map(([whole, cut]) => whole.subarray(0, whole.length - cut)) },
  );
  return bytes.map((value) => ({ partition: 2, timestampMs, key: Buffer.from('k'), value, headers: [] }));
}

const few = (...texts: string[]) => fc.constantFrom(...texts);
const rarely = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 30, arbitrary: usual }, { weight: 1, arbitrary: odd });

/** Begins up to ten days ago, mostly today; ends often at midnight, or after it. */
function times(now: number): fc.Arbitrary<{ readonly start: number; readonly end: number }> {
  const agoHours = fc.oneof(
    { weight: 10, arbitrary: fc.integer({ min: 0, max: 30 }) },
    { weight: 3, arbitrary: fc.integer({ min: 30, max: 240 }) },
    { weight: 1, arbitrary: fc.integer({ min: -3, max: 0 }) },
  );
  const lengthMs = fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 0, max: 600_000 }) },
    { weight: 5, arbitrary: fc.integer({ min: 0, max: 24 }).map((hours) => hours * HOUR_MS) },
    { weight: 1, arbitrary: fc.integer({ min: -1, max: 80 * HOUR_MS }) },
  );
  return fc.tuple(agoHours, fc.nat(1), lengthMs).map(([hours, ms, length]) => {
    const start = now - hours * HOUR_MS - ms;
    return { start, end: start + length };
  });
}

function callValue(): (now: number) => fc.Arbitrary<Call> {
  return (now) =>
    fc
      .record({
        callId: rarely(few('1', '2', '3', '4', '5', '6', 'ü'), few('', '\0', 'x'.repeat(300))),
        source: rarely(few('pbx', 'gateway'), few('', 'quelle-ß')),
        tenant: rarely(few('acme', 'globex'), few('', 'größe', 'a"b\\c')),
        product: few('', 'asr'),
        cluster: few('eu-1'),
        namespace: rarely(few('a', 'b'), few('n'.repeat(200), '\0')),
        times: times(now),
      })
      .map(({ times: { start, end }, ...texts }) => ({ ...texts, startedAt: start, endedAt: end }));
}

function sampleValue(): (now: number) => fc.Arbitrary<UsageSample> {
  return (now) =>
    fc
      .record({
        sampleId: rarely(few('1', '2', '3', '4', '5', '6'), few('', '\0')),
        source: few('kong', 'auth0'),
        meter: rarely(few('request', 'login', 'call_duration'), few('', 'late')),
        tenant: few('', 'acme', 'globex'),
        product: few('', 'asr'),
        cluster: few('', 'eu-1'),
        namespace: few('', 'a'),
        owner: few('', 'Deployment/a'),
        quantity: rarely(fc.nat(10), fc.constantFrom(2 ** 52, 2 ** 52 - 1, -1)),
        times: times(now),
      })
      .map(({ times: { start, end }, ...rest }) => ({ ...rest, windowStart: start, windowEnd: end }));
}
