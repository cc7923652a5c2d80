import { type Instant, instantAvro } from './scalars.ts';

/** A catalog as it was applied. The newest record is the one in force; older ones stay for replays. */
export interface CatalogRecord {
  /** Canonical JSON of the catalog. */
  readonly document: string;
  /** SHA-256 of `document`, hexadecimal. */
  readonly digest: string;
  readonly appliedAt: Instant;
}

export const catalogRecordAvro = {
  type: 'record',
  name: 'CatalogRecord',
  namespace: 'apportion',
  doc: 'A catalog of tenants, products and rules as it was applied.',
  fields: [
    { name: 'document', type: 'string', doc: 'Canonical JSON of the catalog.' },
    { name: 'digest', type: 'string', doc: 'SHA-256 of the document, hexadecimal.' },
    { name: 'appliedAt', type: instantAvro, doc: 'When it was applied.' },
  ],
} as const;
