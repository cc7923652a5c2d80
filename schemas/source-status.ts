import { type Day, dayAvro, type Instant, instantAvro } from './scalars.ts';

/** How a poller fares with its source, as of its last run. */
export interface SourceStatus {
  /** The poller's name: the key. */
  readonly poller: string;
  /** What its records name as their source. */
  readonly source: string;
  readonly state: SourceState;
  /** What is the matter and what to do, in sentences; empty when nothing is. */
  readonly detail: string;
  readonly lastRunAt: Instant | null;
  /** The last run without any fault. */
  readonly lastSuccessAt: Instant | null;
  readonly nextRunAt: Instant | null;
  /** Of the last run. */
  readonly requests: number;
  /** Records that the last run published. */
  readonly records: number;
  /** Requests of the day that are left, where there is a budget. */
  readonly requestsLeft: number | null;
  readonly warnings: readonly string[];
  readonly accounts: readonly AccountStatus[];
  readonly updatedAt: Instant;
}

export type SourceState = 'initial' | 'missing_configuration' | 'failed_connection' | 'missing_data' | 'ok';

export interface AccountStatus {
  readonly account: string;
  readonly state: SourceState;
  readonly detail: string;
  readonly lastSuccessAt: Instant | null;
  /** First and last day that a report is known for, and how many days between them have none. */
  readonly firstDay: Day | null;
  readonly lastDay: Day | null;
  readonly missingDays: number;
}

const stateAvro = {
  type: 'enum',
  name: 'SourceState',
  namespace: 'apportion',
  symbols: ['initial', 'missing_configuration', 'failed_connection', 'missing_data', 'ok'],
} as const;

export const sourceStatusAvro = {
  type: 'record',
  name: 'SourceStatus',
  namespace: 'apportion',
  doc: 'How a poller fares with its source, as of its last run. A newer record replaces the older one whole.',
  fields: [
    { name: 'poller', type: 'string', doc: "The poller's name." },
    { name: 'source', type: 'string', doc: 'What its records name as their source.' },
    { name: 'state', type: stateAvro, doc: 'The worst state of its accounts, or of the run.' },
    { name: 'detail', type: 'string', doc: 'What is the matter and what to do; empty when nothing is.' },
    { name: 'lastRunAt', type: ['null', instantAvro], doc: 'When the last run began.' },
    { name: 'lastSuccessAt', type: ['null', instantAvro], doc: 'When the last run without any fault began.' },
    { name: 'nextRunAt', type: ['null', instantAvro], doc: 'When it is asked next.' },
    { name: 'requests', type: 'long', doc: 'Requests of the last run.' },
    { name: 'records', type: 'long', doc: 'Records that the last run published.' },
    { name: 'requestsLeft', type: ['null', 'long'], doc: "Requests left of the day's budget, where there is one." },
    { name: 'warnings', type: { type: 'array', items: 'string' }, doc: 'What people should know, and stops nothing.' },
    {
      name: 'accounts',
      doc: 'The accounts that were read.',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'AccountStatus',
          fields: [
            { name: 'account', type: 'string', doc: "The source's own scope." },
            { name: 'state', type: 'apportion.SourceState', doc: 'How reading it went.' },
            { name: 'detail', type: 'string', doc: 'What is the matter; empty when nothing is.' },
            { name: 'lastSuccessAt', type: ['null', instantAvro], doc: 'When it was last read whole.' },
            { name: 'firstDay', type: ['null', dayAvro], doc: 'First day with a report.' },
            { name: 'lastDay', type: ['null', dayAvro], doc: 'Last day with a report.' },
            { name: 'missingDays', type: 'int', doc: 'Days between them without a report.' },
          ],
        },
      },
    },
    { name: 'updatedAt', type: instantAvro, doc: 'When this was written: of two records the later one stands.' },
  ],
} as const;
