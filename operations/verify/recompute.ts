import { allocateDay } from '../../attribution/allocate-day.ts';
import { compileCatalog } from '../../attribution/compile-catalog.ts';
import { statementText } from '../../attribution/statement-text.ts';
import { formatDay } from '../../schemas/day.ts';
import type { Statement } from '../../schemas/statement.ts';
import { attributions, statements } from '../../schemas/topics.ts';
import { type Check, Checking } from './check.ts';
import { compareTexts, textsOf } from './compare-texts.ts';
import { publishedDays, type TopicDays } from './topic-days.ts';

/**
 * Each day, computed anew from reports, totals and catalog alone, gives the documents that were published, by their
 * digests, and the statements, field by field. That no document was published besides is what their digests say.
 */
export function checkRecomputed(topics: TopicDays): readonly Check[] {
  const documents = new Checking('days recomputed from the topics = digests published');
  const proofs = new Checking('statements recomputed from the topics = statements published, field by field');
  if (topics.inForce === null) return [documents, proofs].map((checking) => checking.done('no catalog is in force'));
  const catalog = compileCatalog(topics.inForce.catalog);
  const days = [...publishedDays(topics)].sort(([a], [b]) => a - b);
  for (const [day, { reports, totals, statements: published }] of days) {
    const outcome = allocateDay({ day, reports, totals, stamp: { calcVersion: 1, revision: 0 } }, catalog);
    for (const document of outcome.documents) {
      const digest = topics.documents.get(attributions.key(document))?.digest;
      documents.expect(digest === document.digest, () => {
        return `${formatDay(day)} ${document.tenant} ${document.currency}: recomputed ${document.digest}, published ${digest ?? 'nothing'}.`;
      });
    }
    compareTexts(
      proofs,
      ['recomputed', textsOf(outcome.statements, statements.key, statementText)],
      ['published', textsOf(published.filter(saysSomething), statements.key, statementText)],
    );
  }
  return [documents.done(`${days.length} days`), proofs.done()];
}

/** The statement of a currency that a day no longer has says nothing. */
function saysSomething({ sources, missingSources, negativeBases, usage }: Statement): boolean {
  return sources.length + missingSources.length + negativeBases.length + usage.length > 0;
}
