import { type Instant, instantAvro } from './scalars.ts';

/** A call that has ended. Identity is (source, callId); what the sender left out is the empty string. */
export interface Call {
  readonly callId: string;
  readonly tenant: string;
  readonly product: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly startedAt: Instant;
  readonly endedAt: Instant;
  readonly source: string;
}

/** The order of the fields is part of the contract: the reference job of the benchmark reads the first seven. */
export const callAvro = {
  type: 'record',
  name: 'Call',
  namespace: 'apportion',
  doc: 'A call that has ended. Published once it is over; publishing it again changes nothing.',
  fields: [
    { name: 'callId', type: 'string', doc: 'Unique within the source.' },
    { name: 'tenant', type: 'string', doc: 'Tenant id or alias of the catalog.' },
    { name: 'product', type: 'string', default: '', doc: 'Product id of the catalog, or empty.' },
    { name: 'cluster', type: 'string', default: '', doc: 'Cluster that served the call, or empty.' },
    { name: 'namespace', type: 'string', default: '', doc: 'Kubernetes namespace that served the call, or empty.' },
    { name: 'startedAt', type: instantAvro, doc: 'When the call began.' },
    { name: 'endedAt', type: instantAvro, doc: 'When the call ended, not before startedAt.' },
    { name: 'source', type: 'string', doc: 'System that reports the call.' },
  ],
} as const;
