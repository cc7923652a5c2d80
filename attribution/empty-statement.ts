import type { Day } from '../schemas/scalars.ts';
import type { Statement } from '../schemas/statement.ts';
import type { Stamp } from './build-documents.ts';
import { statementDigest } from './statement-text.ts';

/** What replaces the statement of a currency that the day no longer has. */
export function emptyStatement(day: Day, currency: string, stamp: Stamp): Statement {
  return {
    day,
    currency,
    ...stamp,
    digest: statementDigest([]),
    sources: [],
    missingSources: [],
    negativeBases: [],
    usage: [],
  };
}
