import { type Instant, instantAvro } from './scalars.ts';

/** A measured quantity over a window of time. Identity is (source, sampleId). */
export interface UsageSample {
  readonly source: string;
  readonly sampleId: string;
  readonly meter: string;
  readonly tenant: string;
  readonly product: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly owner: string;
  readonly windowStart: Instant;
  readonly windowEnd: Instant;
  /** Non-negative, in the meter's base unit, at most `MAX_SAMPLE_QUANTITY`. */
  readonly quantity: number;
}

/** Sums of samples are kept in two limbs of 2^52, so one sample may not exceed one limb. */
export const MAX_SAMPLE_QUANTITY = 2 ** 52;

export const usageSampleAvro = {
  type: 'record',
  name: 'UsageSample',
  namespace: 'apportion',
  doc: 'A quantity measured over a window of time. Publishing it again changes nothing.',
  fields: [
    { name: 'source', type: 'string', doc: 'System that reports the sample.' },
    { name: 'sampleId', type: 'string', doc: 'Unique within the source.' },
    { name: 'meter', type: 'string', doc: 'What is measured: login, request, cpu_millicore_seconds …' },
    { name: 'tenant', type: 'string', default: '', doc: 'Tenant id or alias of the catalog, or empty.' },
    { name: 'product', type: 'string', default: '', doc: 'Product id of the catalog, or empty.' },
    { name: 'cluster', type: 'string', default: '', doc: 'Cluster, or empty.' },
    { name: 'namespace', type: 'string', default: '', doc: 'Kubernetes namespace, or empty.' },
    { name: 'owner', type: 'string', default: '', doc: 'Owning workload as kind/name, or empty.' },
    { name: 'windowStart', type: instantAvro, doc: 'Start of the window, inclusive.' },
    { name: 'windowEnd', type: instantAvro, doc: 'End of the window, exclusive; equal to the start for an event.' },
    { name: 'quantity', type: 'long', doc: "Non-negative, in the meter's base unit, at most 2^52." },
  ],
} as const;
