import { lstatSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildTools, type Program, programFolder } from './program.ts';

/**
 * Builds the program beside its place in the cache, and moves it there at the end: a build that fails leaves nothing.
 * Errors: those of `program.build`.
 */
export async function buildProgram(program: Program, cache: string, tools: BuildTools): Promise<void> {
  const begin = performance.now();
  const folder = programFolder(cache, program);
  tools.report(`building ${program.title}, once`);
  const unfinished = mkdtempSync(join(cache, 'unfinished-'));
  try {
    await program.build(program.source, unfinished, tools);
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  const seconds = Math.round((performance.now() - begin) / 1000);
  const megabytes = Math.round(sizeBytes(folder) / 1e6);
  tools.report(`built ${program.title} in ${seconds} s: ${megabytes} MB in ${folder}`);
}

/** What the files below a folder come to; links are not followed. */
function sizeBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).reduce(
    (sum, { parentPath, name }) => sum + lstatSync(join(parentPath, name)).size,
    0,
  );
}
