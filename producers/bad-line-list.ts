import type { BadLine } from './send-files.ts';

/** The bad lines of files as people read them: the first ones whole, all of them counted. */
export interface BadLineList {
  /** Takes a bad line, and gives its text while the list is short enough to be read. */
  add(line: BadLine): string | null;
  /** What to say at the end about those that were not shown; null when all were. */
  rest(): string | null;
}

/** Makes a list that shows at most `maxShown` lines. */
export function badLineList(maxShown = 100): BadLineList {
  let count = 0;
  return {
    add({ file, line, reason, detail }) {
      count++;
      return count > maxShown ? null : `${file}:${line}: ${reason}: ${detail}`;
    },
    rest() {
      return count > maxShown ? `… and ${(count - maxShown).toLocaleString('en-US')} more bad lines.` : null;
    },
  };
}
