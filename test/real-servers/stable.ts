import type { Answer, Exchange, Request } from './exchange.ts';

/** Where the clock of a recording stands at its earliest instant. */
const epochMs = Date.parse('2026-03-02T10:00:00Z');

const uuid = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
const instant = /\b(20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d)(?=(?:\.\d+)?(?:Z|\+00:00))/g;

/** What S3 says of files that were put without a type. */
const fileType = 'application/octet-stream';

/**
 * The same exchanges with what is another at each recording made the same: the n-th id is always the same id, and the
 * clock begins at one instant and keeps all distances in whole seconds. So a new recording differs from the old one in
 * what the server says otherwise. Names with random endings and versions of objects stay as they are: they stand in
 * tokens that no rule can look into. So do files, which are what the test has put there.
 */
export function stableExchanges(exchanges: readonly Exchange[]): readonly Exchange[] {
  const texts = exchanges.flatMap(({ request, answer }) => [
    request.path,
    textOf(request.body),
    isFile(answer) ? '' : textOf(answer.body),
  ]);
  const shiftMs = epochMs - earliestMs(texts);
  const ids = new Map<string, string>();
  const stable = (text: string): string =>
    text.replace(uuid, (id) => stableId(ids, id)).replace(instant, (at) => shifted(at, shiftMs));
  return exchanges.map(({ request, answer }) => ({
    request: { ...request, path: stable(request.path), body: stableBody(request.body, stable) },
    answer: isFile(answer)
      ? answer
      : { ...answer, headers: stableHeaders(answer.headers, stable), body: stableBody(answer.body, stable) },
  }));
}

function earliestMs(texts: readonly string[]): number {
  const all = texts.flatMap((text) => [...text.matchAll(instant)].map(([at]) => Date.parse(`${at}Z`)));
  return all.reduce((least, at) => Math.min(least, at), all[0] ?? epochMs);
}

function shifted(at: string, shiftMs: number): string {
  return new Date(Date.parse(`${at}Z`) + shiftMs).toISOString().slice(0, 19);
}

/** Numbered in the order in which the ids appear. */
function stableId(ids: Map<string, string>, id: string): string {
  const known = ids.get(id) ?? `00000000-0000-4000-8000-${String(ids.size + 1).padStart(12, '0')}`;
  ids.set(id, known);
  return known;
}

function stableBody(body: Buffer, stable: (text: string) => string): Buffer {
  const text = textOf(body);
  // Bytes that are no text stay as they came.
  return Buffer.from(text).equals(body) ? Buffer.from(stable(text)) : body;
}

function stableHeaders(headers: Request['headers'], stable: (text: string) => string): Request['headers'] {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, stable(value)]));
}

const isFile = ({ headers }: Answer): boolean => headers['content-type'] === fileType;

const textOf = (body: Buffer): string => body.toString('utf8');
