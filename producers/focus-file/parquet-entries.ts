import type { SchemaTree } from 'hyparquet';
import { textOfColumn } from './parquet-text.ts';

/**
 * How a column of names and values becomes the JSON object that it is in CSV: a map as AWS writes Tags, or a list of
 * records with `key` and `value` as BigQuery does. What else the records hold is left out. Null for other structures.
 *
 * A name that stands twice stands twice in the text too, so that whoever reads the text can refuse it.
 */
export function textOfEntries(column: SchemaTree): ((value: unknown) => string) | null {
  let entry = column;
  let depth = 0;
  for (; ; entry = entry.children[0] ?? entry) {
    if (entry.element.repetition_type === 'REPEATED') depth++;
    if (entry.children.length !== 1) break;
  }
  const keyText = textOfField(entry, 'key');
  const valueText = textOfField(entry, 'value');
  if (depth !== 1 || keyText === null || valueText === null) return null;
  return (value) => {
    const members = [...entriesOf(value)].map(
      ({ key, value }) => `${jsonOf(key, keyText)}:${jsonOf(value, valueText)}`,
    );
    return `{${members.join(',')}}`;
  };
}

interface Entry {
  readonly key: unknown;
  readonly value: unknown;
}

function textOfField({ children }: SchemaTree, name: string): ((value: unknown) => string) | null {
  const field = children.find(({ element }) => element.name === name);
  if (field === undefined || field.children.length > 0 || field.element.repetition_type === 'REPEATED') return null;
  return textOfColumn(field.element)?.toText ?? null;
}

/** Writers wrap the records in one or two more of differing names. */
function* entriesOf(value: unknown): Generator<Entry> {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) for (const member of value) yield* entriesOf(member);
  else if ('key' in value && 'value' in value) yield { key: value.key, value: value.value };
  else for (const member of Object.values(value)) yield* entriesOf(member);
}

/** A name that is null gives what is no JSON, so that the row is told and not read without it. */
function jsonOf(value: unknown, toText: (value: unknown) => string): string {
  return value === null || value === undefined ? 'null' : JSON.stringify(toText(value));
}
