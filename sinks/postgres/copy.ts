import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PoolClient } from 'pg';
import { from } from 'pg-copy-streams';

const CHUNK_CHARACTERS = 256 * 1024;

/** Streams rows, each a line of COPY's text format, into `COPY … FROM STDIN`. Nothing is sent when there are none. */
export async function copyRows(client: PoolClient, sql: string, rows: Iterable<string>): Promise<void> {
  const chunks = chunked(rows)[Symbol.iterator]();
  const first = chunks.next();
  if (first.done) return;
  await pipeline(Readable.from(startingWith(first.value, chunks)), client.query(from(sql)));
}

/** A text as a field of COPY's text format: https://www.postgresql.org/docs/current/sql-copy.html */
export function copyText(text: string): string {
  return NEEDS_ESCAPE.test(text) ? text.replace(SPECIAL, (character) => ESCAPES[character] ?? character) : text;
}

/** NULL as a field of COPY's text format. No text is written like it, since a backslash in a text is escaped. */
export const COPY_NULL = '\\N';

const NEEDS_ESCAPE = /[\\\t\n\r]/;
const SPECIAL = /[\\\t\n\r]/g;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function* chunked(rows: Iterable<string>): Generator<string> {
  let chunk = '';
  for (const row of rows) {
    chunk += row;
    if (chunk.length < CHUNK_CHARACTERS) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

function* startingWith<T>(first: T, rest: Iterator<T>): Generator<T> {
  yield first;
  yield* { [Symbol.iterator]: () => rest };
}
