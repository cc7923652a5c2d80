import { compareText } from '../../attribution/canonical-json.ts';
import { documentDigest } from '../../attribution/document-text.ts';
import { statementDigest } from '../../attribution/statement-text.ts';
import { formatDay } from '../../schemas/day.ts';
import { Checking, type DayAudit } from './check.ts';

/** The digests in Postgres are those of what stands beside them: what was altered with its digest left shows here. */
export function auditDigests(): DayAudit {
  const documents = new Checking('digest of a document = computed from its status and lines');
  const statements = new Checking('digest of a statement = computed from the documents of its day');
  return {
    audit(stored) {
      for (const { day, tenant, currency, status, lines, digest } of stored.documents) {
        const computed = documentDigest(status, lines);
        documents.expect(computed === digest, () => {
          return `${formatDay(day)} ${tenant} ${currency}: the lines give ${computed}, the document says ${digest}.`;
        });
      }
      const stated = new Map(stored.statements.map(({ currency, digest }) => [currency, digest]));
      for (const currency of new Set([...stated.keys(), ...stored.documents.map((document) => document.currency)])) {
        const own = stored.documents.filter((document) => document.currency === currency);
        const sorted = own.toSorted((a, b) => compareText(a.tenant, b.tenant));
        const computed = statementDigest(sorted.map(({ digest }) => digest));
        statements.expect(computed === stated.get(currency), () => {
          return `${formatDay(stored.day)} ${currency}: ${own.length} documents give ${computed}, the statement says ${stated.get(currency) ?? 'nothing'}.`;
        });
      }
    },
    done: () => [documents.done(), statements.done()],
  };
}
