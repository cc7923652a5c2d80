import { type Day, dayAvro, integerAvro } from './scalars.ts';

/**
 * The absolute usage of one key on one day, as one partition of one input topic has seen it so far.
 * The record with the greater `through` replaces the other.
 */
export interface UsageTotal {
  readonly day: Day;
  readonly cluster: string;
  readonly namespace: string;
  readonly tenant: string;
  readonly product: string;
  /** The meter, `call_duration` for calls, or one of `REFUSAL_METERS` for a line that no total can take any more. */
  readonly meter: string;
  readonly topic: string;
  readonly partition: number;
  /** Empty, but for `REFUSAL_METERS`: what makes the refused line's own record unique. */
  readonly identity: string;
  /** The meter that a refused line was for; empty on ordinary totals. */
  readonly refusedMeter: string;
  readonly quantity: bigint;
  /** Calls that began on this day, which is the quantity of the meter `call_count`; null where no calls are counted. */
  readonly callCount: number | null;
  readonly duplicates: number;
  readonly conflicting: number;
  readonly late: number;
  /** The highest input offset included. */
  readonly through: number;
}

/** The meter of a call's milliseconds. */
export const CALL_DURATION = 'call_duration';

/** The meter of calls, carried as `callCount` on the totals of `call_duration`. */
export const CALL_COUNT = 'call_count';

/**
 * Meters of lines whose day is closed. Each such line has a record of its own, since the day's totals may not be
 * written any more. No sample may use these names.
 */
export const REFUSAL_METERS: readonly string[] = ['late', 'duplicate', 'conflicting'];

export const usageTotalAvro = {
  type: 'record',
  name: 'UsageTotal',
  namespace: 'apportion',
  doc: 'Absolute usage of one key on one day, as seen by one input partition. Greater `through` replaces smaller.',
  fields: [
    { name: 'day', type: dayAvro, doc: 'UTC day.' },
    { name: 'cluster', type: 'string', doc: 'Cluster, or empty.' },
    { name: 'namespace', type: 'string', doc: 'Kubernetes namespace, or empty.' },
    { name: 'tenant', type: 'string', doc: 'Tenant id or alias as reported, or empty.' },
    { name: 'product', type: 'string', doc: 'Product as reported, or empty.' },
    {
      name: 'meter',
      type: 'string',
      doc: 'call_duration for calls; late, duplicate or conflicting for one refused line of a closed day.',
    },
    { name: 'topic', type: 'string', doc: 'Input topic, without prefix.' },
    { name: 'partition', type: 'int', doc: 'Input partition.' },
    { name: 'identity', type: 'string', default: '', doc: 'Set only for a refused line of a closed day.' },
    { name: 'refusedMeter', type: 'string', default: '', doc: 'Meter that the refused line was for.' },
    { name: 'quantity', type: integerAvro, doc: "In the meter's base unit (milliseconds for call_duration)." },
    {
      name: 'callCount',
      type: ['null', 'long'],
      default: null,
      doc: 'Calls that began on this day: the meter call_count. Null where no calls are counted.',
    },
    { name: 'duplicates', type: 'long', default: 0, doc: 'Repeated lines that were dropped.' },
    { name: 'conflicting', type: 'long', default: 0, doc: 'Lines refused as conflicting duplicates.' },
    { name: 'late', type: 'long', default: 0, doc: 'Lines refused as late.' },
    { name: 'through', type: 'long', doc: 'Highest input offset included.' },
  ],
} as const;
