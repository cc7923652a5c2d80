import { glob, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { compareText } from '../../attribution/canonical-json.ts';
import { producerError } from '../errors.ts';
import { checkReadable } from '../read-bytes.ts';

export interface FoundFile {
  readonly path: string;
  readonly modifiedMs: number;
  readonly bytes: number;
}

/**
 * The files that the paths stand for, each once, in the order of their names.
 * @throws ApportionError when a path stands for nothing, or the same export lies there packed and unpacked
 */
export async function findFiles(paths: readonly string[]): Promise<readonly FoundFile[]> {
  const found = new Map<string, FoundFile>();
  for (const path of paths) {
    const files = await filesOf(path);
    if (files.length === 0) throw producerError('focus_no_files', `${path} stands for no file.`);
    for (const file of files) {
      await checkReadable(file);
      const there = await stat(file);
      if (!there.isFile()) throw producerError('focus_no_files', `${file} cannot be read more than once.`);
      found.set(await realpath(file), { path: file, modifiedMs: Math.floor(there.mtimeMs), bytes: there.size });
    }
  }
  for (const file of found.keys()) {
    if (found.has(`${file}.gz`)) {
      throw producerError('focus_same_file_twice', `${file} lies there unpacked and as ${file}.gz.`);
    }
  }
  return [...found.entries()].sort(([a], [b]) => compareText(a, b)).map(([, file]) => file);
}

const EXPORT_NAME = /\.csv(\.gz)?$/i;

async function filesOf(path: string): Promise<string[]> {
  const there = await stat(path).catch(() => null);
  if (there?.isDirectory()) {
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory() && EXPORT_NAME.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name));
  }
  if (there !== null) return [path];
  const matches = [];
  for await (const match of glob(path)) if (EXPORT_NAME.test(match)) matches.push(match);
  return matches;
}
