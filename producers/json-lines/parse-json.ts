import { LosslessNumber, parse } from 'lossless-json';
import type { z } from 'zod';
import { LineFault } from './line-fault.ts';

/** How many faults of one line are told; the others follow once these are mended. */
const MAX_TOLD_FAULTS = 5;

/**
 * Reads one JSON text into the shape. Numbers reach the shape as `LosslessNumber`, so that no digit is lost; a key that
 * stands twice with different values is a fault, since either could be meant.
 */
export function parseJson<T>(text: string, shape: z.ZodType<T>): T | LineFault {
  let json: unknown;
  try {
    json = parse(text);
  } catch (error) {
    // SyntaxError, or RangeError of arrays nested deeper than the stack.
    const message = error instanceof Error ? error.message : String(error);
    return new LineFault('invalid', `This is not JSON: ${printable(message)}.`);
  }
  return fitJson(json, shape);
}

/** Reads a JSON value that somebody else has parsed into the shape. */
export function fitJson<T>(json: unknown, shape: z.ZodType<T>): T | LineFault {
  const result = shape.safeParse(json);
  return result.success ? result.data : new LineFault('invalid', printable(describe(result.error.issues)));
}

/** Says a JSON value's type in JSON's own words. */
export function jsonTypeOf(value: unknown): string {
  if (value === null) return 'null';
  if (value instanceof LosslessNumber) return 'a JSON number';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'string') return 'a text';
  return typeof value === 'object' ? 'an object' : String(value);
}

const MAX_DETAIL_LENGTH = 1_000;

/** What a line holds is shown to people on terminals: without control characters, and not without end. */
function printable(text: string): string {
  const shown = text.replaceAll(/\p{Cc}/gu, '\ufffd');
  return shown.length > MAX_DETAIL_LENGTH ? `${shown.slice(0, MAX_DETAIL_LENGTH)}… .` : shown;
}

function describe(issues: readonly z.core.$ZodIssue[]): string {
  const told = issues.slice(0, MAX_TOLD_FAULTS).map((issue) => `${pathOf(issue)}${messageOf(issue)}`);
  const rest = issues.length - told.length;
  return `${told.join('; ')}${rest > 0 ? `; and ${rest} more` : ''}.`;
}

function pathOf(issue: z.core.$ZodIssue): string {
  let path = '';
  for (const step of issue.path) {
    if (typeof step === 'number') path += `[${step}]`;
    else path += path === '' ? String(step) : `.${String(step)}`;
  }
  return path === '' ? '' : `${path}: `;
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `unknown field ${issue.keys.map((key) => `"${key}"`).join(', ')}`;
  return issue.message;
}
