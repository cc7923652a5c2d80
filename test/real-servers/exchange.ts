/** What a client asked and a server answered, and the files in which that is kept: `test/recordings/NAME/NNN.json`. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** The form in which bytes stand in a file: text where they are text, so that people can read and compare them. */
const bodyShape = z.union([z.strictObject({ text: z.string() }), z.strictObject({ base64: z.base64() })]);

const headersShape = z.record(z.string(), z.string());

const exchangeShape = z.strictObject({
  request: z.strictObject({
    method: z.string(),
    /** With the query, as it was asked. */
    path: z.string().startsWith('/'),
    headers: headersShape,
    body: bodyShape,
  }),
  answer: z.strictObject({ status: z.int().min(100).max(599), headers: headersShape, body: bodyShape }),
});

/** Header names are in lower case. */
export interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface Exchange {
  readonly request: Request;
  readonly answer: Answer;
}

/**
 * Headers by which one path has several answers: AWS has one path for all operations of a service, and a part of a
 * file, or a file of a certain version, has the path of the file.
 */
export const decidingHeaders = ['x-amz-target', 'range', 'if-match', 'if-none-match'] as const;

/** The folder of a recording: NAME may have parts, as `kubernetes/first-minute`. */
export const recordingFolder = (name: string): string => join(import.meta.dirname, '..', 'recordings', name);

/** Replaces what the folder holds. */
export function writeExchanges(folder: string, exchanges: readonly Exchange[]): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [index, { request, answer }] of exchanges.entries()) {
    const file = {
      request: { ...request, body: bodyToFile(request.body) },
      answer: { ...answer, body: bodyToFile(answer.body) },
    };
    const name = `${String(index + 1).padStart(3, '0')}.json`;
    writeFileSync(join(folder, name), `${JSON.stringify(file, null, 2)}\n`);
  }
}

/** In the order in which they were recorded. */
export function readExchanges(folder: string): readonly Exchange[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => {
    const { request, answer } = exchangeShape.parse(JSON.parse(readFileSync(join(folder, name), 'utf8')));
    return {
      request: { ...request, body: bodyFromFile(request.body) },
      answer: { ...answer, body: bodyFromFile(answer.body) },
    };
  });
}

function bodyToFile(body: Buffer): z.output<typeof bodyShape> {
  const text = body.toString('utf8');
  return Buffer.from(text, 'utf8').equals(body) ? { text } : { base64: body.toString('base64') };
}

function bodyFromFile(body: z.output<typeof bodyShape>): Buffer {
  return 'text' in body ? Buffer.from(body.text, 'utf8') : Buffer.from(body.base64, 'base64');
}
