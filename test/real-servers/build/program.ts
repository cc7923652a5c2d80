import { createHash } from 'node:crypto';
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Something that is built once, from a folder that pins all its versions, and kept. */
export interface Program {
  readonly name: string;
  /** For people, with its version. */
  readonly title: string;
  /** The folder that it is built from. */
  readonly source: string;
  /** Fills the target with what the server needs to run. */
  build(source: string, target: string, tools: BuildTools): Promise<void>;
}

export interface BuildTools {
  /** Where Go keeps what it fetches and compiles. */
  readonly goFolder: string;
  readonly report: (line: string) => void;
  readonly interrupted: AbortSignal;
}

/** Where the program stands once it is built. The name differs whenever a file of the source does. */
export function programFolder(cache: string, { name, source }: Program): string {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  const files = globSync('**', { cwd: source }).filter((file) => statSync(join(source, file)).isFile());
  for (const file of files.sort()) {
    hash.update(`\0${file}\0`).update(readFileSync(join(source, file)));
  }
  return join(cache, `${name}-${hash.digest('hex').slice(0, 12)}`);
}
