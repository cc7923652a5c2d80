import { sha256 } from '../../attribution/canonical-json.ts';
import { reportText } from '../../attribution/newest-report.ts';
import { replacesTotal, replacesVersion } from '../../attribution/newest-version.ts';
import { refuseReportKey } from '../../attribution/refuse-report.ts';
import {
  type Codec,
  type Committed,
  defineProcessor,
  type Flush,
  type InputRecord,
  type StartPosition,
  type Task,
} from '../../runtime/task.ts';
import {
  attributions,
  catalogs,
  costReports,
  deadLetters,
  sourceStatuses,
  statements,
  type Topic,
  usageTotals,
} from '../../schemas/topics.ts';
import { historySlot } from './history-slot.ts';
import { createIntake, type Intake } from './intake.ts';
import { PROCESSOR_NAME } from './name.ts';
import { readCatalog, refuseCatalog } from './read-catalog.ts';
import { replacesReport } from './replaces-report.ts';
import type { DocumentRow, Revision, SinkRow } from './rows.ts';
import { refuseCostReport, refuseDocument, refuseSourceStatus, refuseStatement, refuseTotal } from './storable.ts';

/** The sink has no settings of its own. */
export type SinkConfig = Readonly<Record<never, never>>;

/**
 * Keeps the newest document of every key in Postgres. A task has one partition of one topic: it decodes, drops what is
 * superseded within the flush, and leaves it to `createPostgresCommits` to make rows and offset durable together.
 */
export const postgresSink = defineProcessor<SinkConfig, SinkRow>({
  name: PROCESSOR_NAME,
  reads: [costReports, usageTotals, attributions, statements, catalogs, sourceStatuses],
  taskPer: 'topic-partition',
  broadcasts: [],
  writes: [deadLetters],
  createTask(_config, { topics, codec }) {
    const [topic] = topics;
    if (topic === undefined || topics.length !== 1) throw new Error(`a sink task has one topic, not ${topics.length}`);
    return new SinkTask(topic.name, intakeOf(topic, codec));
  },
});

class SinkTask implements Task<SinkRow> {
  readonly #topic: string;
  readonly #intake: Intake;
  /** The next offset to read, and the one that the last flush said. */
  #position = 0;
  #flushed = 0;

  constructor(topic: string, intake: Intake) {
    this.#topic = topic;
    this.#intake = intake;
  }

  restore(committed: ReadonlyMap<string, Committed>): ReadonlyMap<string, StartPosition> {
    const offset = committed.get(this.#topic)?.offset;
    this.#position = this.#flushed = offset ?? 0;
    const start: StartPosition = offset === undefined ? { at: 'beginning' } : { at: 'offset', offset };
    return new Map([[this.#topic, start]]);
  }

  fold(record: InputRecord): void {
    this.#intake.fold(record);
    this.#position = record.offset + 1;
  }

  advance(_topic: string, offset: number): void {
    this.#position = Math.max(this.#position, offset);
  }

  flush(): Flush<SinkRow> | null {
    if (this.#position === this.#flushed) return null;
    this.#flushed = this.#position;
    const records = this.#intake.take();
    return {
      records,
      refused: records.filter(({ kind }) => kind === 'deadLetter').length,
      committed: new Map([[this.#topic, { offset: this.#position, metadata: '' }]]),
    };
  }
}

function intakeOf(topic: Topic<never>, codec: Codec): Intake {
  switch (topic.name) {
    case costReports.name:
      return createIntake(codec, {
        topic: costReports,
        refuse: (report, record) => refuseCostReport(report) ?? refuseReportKey(report, record.key),
        row: (report, record) => ({
          kind: 'report',
          report,
          digest: sha256(reportText(report)),
          recordedAt: record.timestampMs,
        }),
        merge: (held, incoming) => (replacesReport(incoming, held) ? incoming : held),
      });
    case usageTotals.name:
      return createIntake(codec, {
        topic: usageTotals,
        refuse: refuseTotal,
        row: (total) => ({ kind: 'total', total }),
        merge: (held, incoming) => (replacesTotal(incoming.total, held.total) ? incoming : held),
      });
    case attributions.name:
      return createIntake(codec, {
        topic: attributions,
        refuse: refuseDocument,
        row: (document, record) => documentRow({ document, recordedAt: record.timestampMs }),
        merge: mergeRevisions,
      });
    case statements.name:
      return createIntake(codec, {
        topic: statements,
        refuse: refuseStatement,
        row: (statement, record) => ({ kind: 'statement', statement, recordedAt: record.timestampMs }),
        merge: (held, incoming) => (replacesVersion(incoming.statement, held.statement) ? incoming : held),
      });
    case catalogs.name:
      return createIntake(codec, {
        topic: catalogs,
        refuse: refuseCatalog,
        row: (record) => ({ kind: 'catalog', record, catalog: readCatalog(record) }),
        merge: (_held, incoming) => incoming,
      });
    case sourceStatuses.name:
      return createIntake(codec, {
        topic: sourceStatuses,
        refuse: refuseSourceStatus,
        row: (status) => ({ kind: 'sourceStatus', status }),
        merge: (held, incoming) => (incoming.status.updatedAt >= held.status.updatedAt ? incoming : held),
      });
    default:
      throw new Error(`the sink does not read ${topic.name}`);
  }
}

function documentRow(revision: Revision): DocumentRow {
  return { kind: 'document', newest: revision, revisions: [revision] };
}

/** The tables keep the newest, the history the newest of each slot. */
function mergeRevisions(held: DocumentRow, { newest: incoming }: DocumentRow): DocumentRow {
  const slot = historySlot(incoming);
  const sameSlot = held.revisions.find((revision) => historySlot(revision) === slot);
  const newest = replacesVersion(incoming.document, held.newest.document) ? incoming : held.newest;
  if (sameSlot === undefined) return { kind: 'document', newest, revisions: [...held.revisions, incoming] };
  if (!replacesVersion(incoming.document, sameSlot.document)) return { ...held, newest };
  const others = held.revisions.filter((revision) => revision !== sameSlot);
  return { kind: 'document', newest, revisions: [...others, incoming] };
}
