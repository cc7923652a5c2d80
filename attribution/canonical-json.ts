import { hash } from 'node:crypto';

/** JSON with the keys of every object in UTF-16 code-unit order and no blanks. A bigint is written as an integer. */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => compareText(a, b))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/** SHA-256 of a text's UTF-8 bytes, hexadecimal. */
export function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}

/** Orders texts by UTF-16 code units: the order of everything that is sorted here. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
