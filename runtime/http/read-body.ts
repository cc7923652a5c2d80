import { isUtf8 } from 'node:buffer';
import { HttpFailure } from './failure.ts';

/**
 * The whole body as text, at most so many bytes of it.
 *
 * @throws HttpFailure `garbled` when it is longer, or not UTF-8
 */
export async function readBody(response: Response, url: URL, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new HttpFailure('garbled', `${shown(url)} is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks, bytes);
  if (!isUtf8(body)) throw new HttpFailure('garbled', `${shown(url)} is not UTF-8`);
  return body.toString('utf8');
}

function shown({ origin, pathname }: URL): string {
  return `The answer of ${origin}${pathname}`;
}
