import { documentText } from '../../attribution/document-text.ts';
import { attributions } from '../../schemas/topics.ts';
import { Checking, type DayAudit } from './check.ts';
import { compareTexts } from './compare-texts.ts';
import type { DocumentHead } from './stored-day.ts';

/** The greatest revision that the history has of a document is the document: whoever asks as of now finds what stands. */
export function auditHistory(): DayAudit {
  const checking = new Checking('newest revision of the history = current document');
  return {
    audit({ day, documents, heads, history }) {
      const linesOf = new Map(documents.map((document) => [attributions.key(document), document.lines]));
      const current = heads.map((head) => {
        const key = keyOf(head);
        return [key, pairText(head, documentText({ ...head, day, lines: linesOf.get(key) ?? [] }))] as const;
      });
      const newest = history.map((revision) => [keyOf(revision), pairText(revision, revision.document)] as const);
      compareTexts(checking, ['current', new Map(current)], ['in the history', new Map(newest)]);
    },
    done: () => [checking.done()],
  };
}

function keyOf(head: DocumentHead): string {
  return attributions.key({ ...head, lines: [] });
}

/** What the row says, and the whole document. */
function pairText({ lineCount, ...head }: DocumentHead, document: string): string {
  return `{"row":${documentText({ ...head, lines: [] })},"lineCount":${lineCount},"document":${document}}`;
}
