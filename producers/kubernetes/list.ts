import { z } from 'zod';
import { failureOf, sourceError } from '../polling/errors.ts';
import { textOr } from '../polling/fields.ts';
import { eachPage } from '../polling/pages.ts';

/** What every object of a list is told apart by. */
interface Named {
  readonly namespace: string;
  readonly name: string;
}

/** Gives a page: the first one, or the one that the mark of another leads to. */
export type AskPage = (mark: string | null) => Promise<string>;

/** A list that expires again and again is longer than the API server keeps versions for. */
const MAX_LISTS = 3;

/**
 * Reads a list page by page. Where a page is asked for too late, its version is gone: the API server answers 410, with a
 * mark that goes on behind the last object in the list as it is now, or without one, and then the list begins anew.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
 *
 * @throws ApportionError `source_garbled` when an object comes twice: it would be counted twice
 */
export async function readList<T extends Named>(what: string, item: z.ZodType<T>, ask: AskPage): Promise<readonly T[]> {
  for (let lists = 1; ; lists++) {
    try {
      return await readOnce(what, item, ask);
    } catch (error) {
      if (expiryOf(error) === null || lists === MAX_LISTS) throw error;
    }
  }
}

async function readOnce<T extends Named>(what: string, item: z.ZodType<T>, ask: AskPage): Promise<readonly T[]> {
  const page = pageShape(item);
  const objects = new Map<string, T>();
  await eachPage(what, async (mark) => {
    const { items, metadata } = readPage(await askOrGoOn(mark, ask), page, what);
    for (const object of items) {
      const place = `${object.namespace}/${object.name}`;
      if (objects.has(place)) throw sourceError('source_garbled', `${what}: ${place} comes twice.`);
      objects.set(place, object);
    }
    return metadata.continue;
  });
  return [...objects.values()];
}

async function askOrGoOn(mark: string | null, ask: AskPage): Promise<string> {
  try {
    return await ask(mark);
  } catch (error) {
    const next = expiryOf(error);
    if (next === null || next === '') throw error;
    return ask(next);
  }
}

const pageShape = <T>(item: z.ZodType<T>) =>
  z.object({
    metadata: z.object({ continue: textOr('') }),
    items: z
      .array(item)
      .nullable()
      .transform((items) => items ?? []),
  });

/** Numbers that matter are texts here: the plain parser loses nothing, and lists are large. */
function readPage<T>(text: string, shape: z.ZodType<T>, what: string): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw sourceError('source_garbled', `${what}: this is not JSON.`, error);
  }
  const page = shape.safeParse(json);
  if (page.success) return page.data;
  const [issue] = page.error.issues;
  throw sourceError('source_garbled', `${what}: ${issue?.path.join('.')}: ${issue?.message}.`);
}

const expiredShape = z.object({ metadata: z.object({ continue: textOr('') }) });

/** The mark that an answer 410 gives, empty where it gives none; null for all other errors. */
function expiryOf(error: unknown): string | null {
  const failure = failureOf(error);
  if (failure?.status !== 410) return null;
  try {
    return expiredShape.parse(JSON.parse(failure.body)).metadata.continue;
  } catch {
    return '';
  }
}
