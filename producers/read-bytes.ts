import { createReadStream } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ApportionError } from '../runtime/errors.ts';
import { producerError } from './errors.ts';

/** Throws unless there is something to read at the path: a file, or a pipe as shells give them. */
export async function checkReadable(path: string): Promise<void> {
  const found = await stat(path).catch((cause: unknown) => {
    throw producerError('file_missing', `There is no ${path}.`, cause);
  });
  if (found.isDirectory()) throw producerError('file_unreadable', `${path} is a folder.`);
  await access(path, constants.R_OK).catch((cause: unknown) => {
    throw producerError('file_unreadable', `${path} cannot be read.`, cause);
  });
}

/** The bytes of a file, unpacked if it is gzip. */
export function readFileBytes(path: string): AsyncIterable<Buffer> {
  return readBytes(createReadStream(path, { highWaterMark: CHUNK_BYTES }), path);
}

/** The bytes of a stream, unpacked if they are gzip, told by their first two and not by a name. */
export async function* readBytes(stream: Readable, name: string): AsyncGenerator<Buffer> {
  try {
    const chunks = stream[Symbol.asyncIterator]();
    const start = await firstBytes(chunks);
    const whole = Readable.from(withStart(start, chunks), { objectMode: false });
    if (start[0] !== GZIP_MAGIC[0] || start[1] !== GZIP_MAGIC[1]) yield* whole;
    else yield* forwardErrors(whole, createGunzip({ chunkSize: CHUNK_BYTES }));
  } catch (cause) {
    if (cause instanceof ApportionError) throw cause;
    const text = cause instanceof Error ? cause.message : String(cause);
    throw producerError('file_damaged', `${name} cannot be read to its end: ${text}.`, cause);
  } finally {
    // Whoever reads only the start leaves the rest of the chain open.
    stream.destroy();
  }
}

const CHUNK_BYTES = 256 * 1024;
const GZIP_MAGIC = [0x1f, 0x8b];

/** A pipe gives only one chunk at a time, which may be a single byte. */
async function firstBytes(chunks: AsyncIterator<Buffer>): Promise<Buffer> {
  let start = Buffer.alloc(0);
  while (start.length < GZIP_MAGIC.length) {
    const next = await chunks.next();
    if (next.done) break;
    start = Buffer.concat([start, next.value]);
  }
  return start;
}

async function* withStart(start: Buffer, chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (start.length > 0) yield start;
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
}

/** A pipe alone does not tell its end that its start has failed. */
function forwardErrors(from: Readable, to: NodeJS.ReadWriteStream & Readable): Readable {
  from.on('error', (error) => to.destroy(error));
  return from.pipe(to);
}
