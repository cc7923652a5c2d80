import { type Day, dayAvro, type Instant, instantAvro } from './scalars.ts';

/** A catalog as it was applied. The newest that is valid is in force; older ones stay for replays. */
export interface CatalogRecord {
  /** Canonical JSON of the catalog. */
  readonly document: string;
  /** SHA-256 of `document`, hexadecimal. */
  readonly digest: string;
  readonly appliedAt: Instant;
  /** Replays that are promoted with it: whoever computes one of their days from now on takes the greatest version. */
  readonly promotions: readonly Promotion[];
}

/** A replay whose documents have taken the place of those that stood. */
export interface Promotion {
  readonly from: Day;
  /** Included. */
  readonly to: Day;
  /** Of the documents: greater than that of all before. */
  readonly calcVersion: number;
}

/** The version that promotions give to a day; 0 where none does. */
export function calcVersionOn(promotions: readonly Promotion[], day: Day): number {
  const versions = promotions.filter(({ from, to }) => day >= from && day <= to).map(({ calcVersion }) => calcVersion);
  return Math.max(0, ...versions);
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
    {
      name: 'promotions',
      doc: 'Replays that are promoted with it.',
      default: [],
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'Promotion',
          fields: [
            { name: 'from', type: dayAvro, doc: 'First day.' },
            { name: 'to', type: dayAvro, doc: 'Last day, included.' },
            { name: 'calcVersion', type: 'int', doc: 'Version of the documents that were promoted.' },
          ],
        },
      },
    },
  ],
} as const;
