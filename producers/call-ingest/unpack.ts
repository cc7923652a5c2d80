import { isUtf8 } from 'node:buffer';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Problem } from '../../runtime/http/problem.ts';

const unzip = promisify(gunzip);

/**
 * The text of a body, unpacked if `Content-Encoding` says gzip.
 * @throws Problem 400, 413 when it is larger than `maxBytes` unpacked, 415 for other encodings
 */
export async function unpack(body: Buffer, encoding: string | undefined, maxBytes: number): Promise<string> {
  const bytes = await bytesOf(body, encoding?.trim().toLowerCase() ?? 'identity', maxBytes);
  if (bytes.length > maxBytes) throw bodyTooLarge(maxBytes);
  if (!isUtf8(bytes)) throw new Problem(400, 'not_json', 'The body is not UTF-8.');
  return bytes.toString('utf8');
}

export function bodyTooLarge(maxBodyBytes: number): Problem {
  const detail = `The body takes more than ${maxBodyBytes} bytes, packed or unpacked. Send the calls in smaller batches.`;
  return new Problem(413, 'body_too_large', detail, { members: { maxBodyBytes } });
}

async function bytesOf(body: Buffer, encoding: string, maxBytes: number): Promise<Buffer> {
  switch (encoding) {
    case 'identity':
      return body;
    case 'gzip':
    case 'x-gzip':
      return unzip(body, { maxOutputLength: maxBytes }).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code === 'ERR_BUFFER_TOO_LARGE') throw bodyTooLarge(maxBytes);
        throw new Problem(400, 'bad_gzip', 'The body cannot be unpacked as gzip.', { cause });
      });
    default:
      throw new Problem(415, 'wrong_encoding', 'A body comes as it is, or as gzip.', {
        headers: { 'accept-encoding': 'gzip' },
      });
  }
}
