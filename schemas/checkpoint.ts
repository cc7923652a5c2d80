import { type Instant, instantAvro } from './scalars.ts';

/** Where a poller goes on. */
export interface Checkpoint {
  readonly poller: string;
  /** The poller's own position, JSON text. */
  readonly state: string;
  readonly savedAt: Instant;
}

export const checkpointAvro = {
  type: 'record',
  name: 'Checkpoint',
  namespace: 'apportion',
  doc: 'Where a poller goes on after a restart.',
  fields: [
    { name: 'poller', type: 'string', doc: 'Name of the poller.' },
    { name: 'state', type: 'string', doc: "The poller's own position, JSON text." },
    { name: 'savedAt', type: instantAvro, doc: 'When it was saved.' },
  ],
} as const;
