import { createReadStream } from 'node:fs';
import { glob, open, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { producerError } from '../errors.ts';
import { checkReadable } from '../read-bytes.ts';
import { isExportName } from './export-name.ts';
import type { FoundFile } from './found-file.ts';

/** The files on disk that a path stands for: a file, a folder with all exports below it, or a glob. */
export async function findLocalFiles(path: string): Promise<readonly FoundFile[]> {
  const found: FoundFile[] = [];
  for (const name of await namesOf(path)) {
    await checkReadable(name);
    const there = await stat(name, { bigint: true });
    if (!there.isFile()) throw producerError('focus_no_files', `${name} cannot be read more than once.`);
    found.push({
      id: await realpath(name),
      path: name,
      bytes: Number(there.size),
      modifiedMs: Number(there.mtimeMs),
      version: String(there.mtimeNs),
      open: async () => createReadStream(name, { highWaterMark: CHUNK_BYTES }),
      read: (start, end) => readRange(name, start, end),
    });
  }
  return found;
}

const CHUNK_BYTES = 256 * 1024;

async function namesOf(path: string): Promise<string[]> {
  const there = await stat(path).catch(() => null);
  if (there?.isDirectory()) {
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory() && isExportName(entry.name))
      .map((entry) => join(entry.parentPath, entry.name));
  }
  if (there !== null) return [path];
  const matches = [];
  for await (const match of glob(path)) if (isExportName(match)) matches.push(match);
  return matches;
}

async function readRange(path: string, start: number, end: number): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(end - start);
  await using handle = await open(path);
  for (let filled = 0; filled < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled);
    if (bytesRead === 0) throw producerError('focus_changed', `${path} became shorter while it was read.`);
    filled += bytesRead;
  }
  return bytes.buffer;
}
