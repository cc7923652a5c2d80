import type { AttributionDocument } from '../../schemas/attribution-document.ts';
import type { Catalog } from '../../schemas/catalog.ts';
import type { CatalogRecord } from '../../schemas/catalog-record.ts';
import type { CostReport } from '../../schemas/cost-report.ts';
import type { DeadLetter } from '../../schemas/dead-letter.ts';
import type { Instant } from '../../schemas/scalars.ts';
import type { SourceStatus } from '../../schemas/source-status.ts';
import type { Statement } from '../../schemas/statement.ts';
import type { UsageTotal } from '../../schemas/usage-total.ts';

/** What the sink's task hands to the database: whole documents, at most one row for each key. */
export type SinkRow = ReportRow | TotalRow | DocumentRow | StatementRow | CatalogRow | SourceStatusRow | DeadLetterRow;

export interface ReportRow {
  readonly kind: 'report';
  readonly report: CostReport;
  /** SHA-256 of the report's key-sorted JSON, hexadecimal. */
  readonly digest: string;
  readonly recordedAt: Instant;
}

export interface TotalRow {
  readonly kind: 'total';
  readonly total: UsageTotal;
}

export interface DocumentRow {
  readonly kind: 'document';
  readonly newest: Revision;
  /** What the history keeps, the newest included. */
  readonly revisions: readonly Revision[];
}

export interface Revision {
  readonly document: AttributionDocument;
  /** When it was published: the record's timestamp, so that a rebuilt database gives the same answers. */
  readonly recordedAt: Instant;
}

export interface StatementRow {
  readonly kind: 'statement';
  readonly statement: Statement;
  readonly recordedAt: Instant;
}

export interface CatalogRow {
  readonly kind: 'catalog';
  readonly record: CatalogRecord;
  readonly catalog: Catalog;
}

export interface SourceStatusRow {
  readonly kind: 'sourceStatus';
  readonly status: SourceStatus;
}

/** Goes to the topic of dead letters before the other rows are committed. */
export interface DeadLetterRow {
  readonly kind: 'deadLetter';
  readonly letter: DeadLetter;
}
