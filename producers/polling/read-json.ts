import type { z } from 'zod';
import { LineFault } from '../json-lines/line-fault.ts';
import { parseJson } from '../json-lines/parse-json.ts';
import { sourceError } from './errors.ts';

/**
 * Reads what a source has answered; numbers keep their digits. What the shape does not name is let pass, since sources
 * add to their answers without a word.
 *
 * @param what what was asked for, as errors name it
 * @throws ApportionError `source_garbled`
 */
export function readJson<T>(text: string, shape: z.ZodType<T>, what: string): T {
  const value = parseJson(text, shape);
  if (value instanceof LineFault) throw sourceError('source_garbled', `${what}: ${value.detail}`);
  return value;
}
