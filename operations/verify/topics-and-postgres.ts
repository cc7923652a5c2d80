import { documentText } from '../../attribution/document-text.ts';
import { statementText } from '../../attribution/statement-text.ts';
import type { Statement } from '../../schemas/statement.ts';
import { attributions, statements } from '../../schemas/topics.ts';
import { Checking, type DayAudit } from './check.ts';
import { compareTexts, textsOf } from './compare-texts.ts';

/** Postgres has the newest documents and statements of the topics, to the last byte, and none besides. */
export function auditTopicsAndPostgres(): DayAudit {
  const documents = new Checking('documents in Postgres = newest documents of the topic');
  const proofs = new Checking('statements in Postgres = newest statements of the topic');
  let days = 0;
  return {
    audit(stored, published) {
      days += 1;
      const withLines = published.documents.filter(({ lines }) => lines.length > 0);
      compareTexts(
        documents,
        ['in the topic', textsOf(withLines, attributions.key, documentText)],
        ['in Postgres', textsOf(stored.documents, attributions.key, documentText)],
      );
      compareTexts(
        proofs,
        ['in the topic', textsOf(published.statements, statements.key, stampedText)],
        ['in Postgres', textsOf(stored.statements, statements.key, stampedText)],
      );
    },
    done: () => [documents.done(`${days} days`), proofs.done()],
  };
}

/** The export of a statement leaves out version and revision. */
function stampedText(statement: Statement): string {
  const { calcVersion, revision } = statement;
  return `{"calcVersion":${calcVersion},"revision":${revision},${statementText(statement).slice(1)}`;
}
