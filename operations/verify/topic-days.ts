import type { AttributionDocument } from '../../schemas/attribution-document.ts';
import type { CostReport } from '../../schemas/cost-report.ts';
import type { Day } from '../../schemas/scalars.ts';
import type { Statement } from '../../schemas/statement.ts';
import type { UsageTotal } from '../../schemas/usage-total.ts';
import { type CatalogInForce, readCatalogInForce } from '../catalog-in-force.ts';
import {
  type DaysOfTopics,
  readStandingInputs,
  readStandingResults,
  type StandingInputs,
  type StandingResults,
} from '../read-standing.ts';

/** What the topics say of some days. */
export interface TopicDays extends StandingInputs, StandingResults {
  readonly inForce: CatalogInForce | null;
}

/** What the topics say of one day. */
export interface PublishedDay {
  readonly reports: readonly CostReport[];
  readonly totals: readonly UsageTotal[];
  readonly documents: readonly AttributionDocument[];
  readonly statements: readonly Statement[];
}

/** Reads all topics that days are in. */
export async function readTopicDays(from: DaysOfTopics): Promise<TopicDays> {
  const { kafka, prefix, codec, onRecord } = from;
  const [inputs, results, inForce] = await Promise.all([
    readStandingInputs(from),
    readStandingResults(from),
    readCatalogInForce(kafka, prefix, codec, onRecord),
  ]);
  return { ...inputs, ...results, inForce };
}

/** The same day after day. */
export function publishedDays({ reports, totals, documents, statements }: TopicDays): Map<Day, PublishedDay> {
  const documentsOf = Map.groupBy(documents.values(), ({ day }) => day);
  const statementsOf = Map.groupBy(statements.values(), ({ day }) => day);
  const days = new Set([...reports.keys(), ...totals.keys(), ...documentsOf.keys(), ...statementsOf.keys()]);
  return new Map(
    [...days].map((day) => [
      day,
      {
        reports: reports.get(day) ?? [],
        totals: totals.get(day) ?? [],
        documents: documentsOf.get(day) ?? [],
        statements: statementsOf.get(day) ?? [],
      },
    ]),
  );
}

export const NOTHING_PUBLISHED: PublishedDay = { reports: [], totals: [], documents: [], statements: [] };
