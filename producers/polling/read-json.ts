import type { z } from 'zod';
import { LineFault } from '../json-lines/line-fault.ts';
import { parseJson, readShape } from '../json-lines/parse-json.ts';
import { sourceError } from './errors.ts';

/**
 * Reads what a source has answered; numbers keep their digits. What the shape does not name is let pass, since sources
 * add to their answers without a word.
 *
 * @param what what was asked for, as errors name it
 * @throws ApportionError `source_garbled`
 */
export function readJson<T>(text: string, shape: z.ZodType<T>, what: string): T {
  return checked(parseJson(text, shape), what);
}

/** The same for an answer that a client of the source has parsed: its types are a promise that nobody has checked. */
export function readAnswer<T>(answer: unknown, shape: z.ZodType<T>, what: string): T {
  return checked(readShape(answer, shape), what);
}

function checked<T>(value: T | LineFault, what: string): T {
  if (value instanceof LineFault) throw sourceError('source_garbled', `${what}: ${value.detail}`);
  return value;
}
