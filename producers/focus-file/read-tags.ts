import { LosslessNumber, parse } from 'lossless-json';
import { canonicalJson } from '../../attribution/canonical-json.ts';

export type Tags = Readonly<Record<string, string>>;

/**
 * Reads the JSON object of the column Tags: texts as they are, null as the empty text, numbers and truth values as they
 * are written, what is nested as JSON text. Null when the text is no JSON object, a name stands
 * twice, or half a character stands anywhere.
 */
export function readTags(text: string): Tags | null {
  if (text === '') return {};
  let json: unknown;
  try {
    json = parse(text);
  } catch {
    return null;
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json) || json instanceof LosslessNumber) return null;
  const tags = Object.entries(json).map(([name, value]): [string, string] => [name, tagText(value)]);
  // JSON can escape half of a surrogate pair, which UTF-8 cannot hold.
  if (!tags.every(([name, value]) => name.isWellFormed() && value.isWellFormed())) return null;
  return Object.fromEntries(tags);
}

function tagText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  if (value instanceof LosslessNumber) return value.value;
  return canonicalJson(withoutNumbers(value));
}

/** Numbers within a nested value become text, so that no digit is lost. */
function withoutNumbers(value: unknown): unknown {
  if (value instanceof LosslessNumber) return value.value;
  if (Array.isArray(value)) return value.map(withoutNumbers);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutNumbers(member)]));
}
