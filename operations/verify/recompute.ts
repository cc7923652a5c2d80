import { allocateDay } from '../../attribution/allocate-day.ts';
import { compileCatalog } from '../../attribution/compile-catalog.ts';
import { parseCatalog } from '../../attribution/parse-catalog.ts';
import { ApportionError } from '../../runtime/errors.ts';
import { formatDay } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';
import type { Statement } from '../../schemas/statement.ts';
import { attributions, statements } from '../../schemas/topics.ts';
import { type Check, Checking } from './check.ts';
import type { TopicDays } from './topic-days.ts';

/** Each day, computed anew from reports, totals and catalog alone, gives the digests that were published. */
export function checkRecomputed(topics: TopicDays): Check {
  const checking = new Checking('days recomputed from the topics = digests published');
  const catalog = compiled(topics);
  if (catalog === null) return checking.done('no catalog was ever applied');
  const days = new Set<Day>([...topics.reports.keys(), ...topics.totals.keys()]);
  for (const day of [...days].sort((a, b) => a - b)) {
    const outcome = allocateDay(
      {
        day,
        reports: topics.reports.get(day) ?? [],
        totals: topics.totals.get(day) ?? [],
        stamp: { calcVersion: 1, revision: 0 },
      },
      catalog,
    );
    for (const document of outcome.documents) {
      const published = topics.documents.get(attributions.key(document));
      checking.expect(published?.digest === document.digest, () => {
        return `${formatDay(day)} ${document.tenant} ${document.currency}: recomputed ${document.digest}, published ${published?.digest ?? 'nothing'}.`;
      });
    }
    for (const statement of outcome.statements) {
      const published = topics.statements.get(statements.key(statement));
      checking.expect(published?.digest === statement.digest, () => {
        return `${nameOf(statement)}: recomputed statement ${statement.digest}, published ${published?.digest ?? 'nothing'}.`;
      });
    }
  }
  return checking.done(`${days.size} days`);
}

function compiled(topics: TopicDays): ReturnType<typeof compileCatalog> | null {
  if (topics.catalog === null) return null;
  const parsed = parseCatalog(JSON.parse(topics.catalog.document));
  if (!parsed.ok) {
    throw new ApportionError(
      'invalid_catalog',
      `The catalog in the topic is not valid: ${parsed.faults[0]?.path} ${parsed.faults[0]?.message}.`,
      'Apply a valid one with `apportion catalog apply`.',
    );
  }
  return compileCatalog(parsed.catalog);
}

function nameOf(statement: Statement): string {
  return `${formatDay(statement.day)} ${statement.currency}`;
}
