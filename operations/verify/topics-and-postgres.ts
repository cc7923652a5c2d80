import type { Pool } from 'pg';
import { documentText } from '../../attribution/document-text.ts';
import { statementText } from '../../attribution/statement-text.ts';
import type { DayRange } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';
import { attributions, statements } from '../../schemas/topics.ts';
import { readDays, readDocuments } from '../read-documents.ts';
import { readStatements } from '../read-statements.ts';
import { type Check, Checking } from './check.ts';
import type { TopicDays } from './topic-days.ts';

/** Postgres has the newest documents and statements of the topics, to the last byte, and none besides. */
export async function checkTopicsAndPostgres(
  pool: Pool,
  range: DayRange,
  topics: TopicDays,
): Promise<readonly Check[]> {
  const documents = new Checking('documents in Postgres = newest documents of the topic');
  const proofs = new Checking('statements in Postgres = newest statements of the topic');
  const daysInTopics = [...topics.documents.values(), ...topics.statements.values()].map((value) => value.day);
  const days = new Set<Day>([...daysInTopics, ...(await readDays(pool, range.from, range.to))]);
  for (const day of [...days].sort((a, b) => a - b)) {
    compare(
      documents,
      textsOf(
        [...topics.documents.values()].filter((document) => document.day === day && document.lines.length > 0),
        (document) => [attributions.key(document), documentText(document)],
      ),
      textsOf(await readDocuments(pool, day), (document) => [attributions.key(document), documentText(document)]),
    );
    compare(
      proofs,
      textsOf(
        [...topics.statements.values()].filter((statement) => statement.day === day),
        (statement) => [statements.key(statement), statementText(statement)],
      ),
      textsOf(await readStatements(pool, day), (statement) => [statements.key(statement), statementText(statement)]),
    );
  }
  return [documents.done(`${days.size} days`), proofs.done()];
}

function textsOf<T>(values: readonly T[], text: (value: T) => readonly [string, string]): Map<string, string> {
  return new Map(values.map(text));
}

function compare(
  checking: Checking,
  inTopic: ReadonlyMap<string, string>,
  inPostgres: ReadonlyMap<string, string>,
): void {
  for (const key of new Set([...inTopic.keys(), ...inPostgres.keys()])) {
    const topic = inTopic.get(key);
    const postgres = inPostgres.get(key);
    checking.expect(topic === postgres, () => {
      if (topic === undefined) return `${key}: in Postgres only.`;
      if (postgres === undefined) return `${key}: in the topic only.`;
      return `${key}: the topic has ${short(topic)}, Postgres has ${short(postgres)}.`;
    });
  }
}

const SHOWN = 160;

function short(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`;
}
