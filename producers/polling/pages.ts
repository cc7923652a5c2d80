import { sourceError } from './errors.ts';

/** A list is longer than any source's; one that goes on beyond goes in circles. */
const MAX_PAGES = 10_000;

/**
 * Asks for one page after the other, each with the mark that the one before gave, until a page gives none.
 *
 * @param what what is listed, as errors name it
 * @param ask gives the mark of the next page; empty or null at the end
 * @throws ApportionError `page_loop` when a mark comes twice
 */
export async function eachPage(what: string, ask: (mark: string | null) => Promise<string | null>): Promise<void> {
  const seen = new Set<string>();
  let mark: string | null = null;
  do {
    mark = (await ask(mark)) || null;
    if (mark === null) return;
    if (seen.has(mark)) throw sourceError('page_loop', `${what}: the mark of a page came twice.`);
    seen.add(mark);
  } while (seen.size < MAX_PAGES);
  throw sourceError('page_loop', `${what}: over ${MAX_PAGES} pages.`);
}
