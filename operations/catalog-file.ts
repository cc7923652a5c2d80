import { readFile, writeFile } from 'node:fs/promises';
import { parse, YAMLParseError } from 'yaml';
import { parseCatalog } from '../attribution/parse-catalog.ts';
import { ApportionError } from '../runtime/errors.ts';
import type { Catalog } from '../schemas/catalog.ts';

/**
 * Reads and validates a catalog file (YAML, of which JSON is a part).
 *
 * @throws ApportionError `unreadable_file`, or `invalid_catalog` with all faults and their paths, one a line.
 */
export async function readCatalogFile(file: string): Promise<Catalog> {
  return parseCatalogText(file, await readCatalogText(file));
}

/** The catalog that the text of a file says. @throws ApportionError `invalid_catalog` */
export function parseCatalogText(file: string, text: string): Catalog {
  const parsed = parseCatalog(yamlOf(file, text));
  if (parsed.ok) return parsed.catalog;
  const faults = parsed.faults.map(({ path, message }) => `  ${path === '' ? '(whole file)' : path}: ${message}`);
  throw invalid(file, `has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${faults.join('\n')}`);
}

/** @throws ApportionError `unreadable_file` */
export async function readCatalogText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new ApportionError(
      'unreadable_file',
      `${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      'Give the path of a catalog file; catalog.example.yaml is one to begin with.',
      { cause },
    );
  }
}

/**
 * Writes a new text in the place of the one that was read.
 *
 * @throws ApportionError `file_changed` when it is another one by now, `unwritable_file`
 */
export async function replaceCatalogText(file: string, before: string, after: string): Promise<void> {
  if ((await readCatalogText(file)) !== before) {
    throw new ApportionError('file_changed', `${file} was changed meanwhile; it was left as it is.`, 'Run it again.');
  }
  try {
    await writeFile(file, after);
  } catch (cause) {
    throw new ApportionError(
      'unwritable_file',
      `${file} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}.`,
      'Run it where the file may be written; nothing was applied.',
      { cause },
    );
  }
}

/** Decimals such as 1.10 would lose their text as numbers; the catalog asks for them in quotes and says so. */
function yamlOf(file: string, text: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof YAMLParseError)) throw cause;
    throw invalid(file, `is not YAML: ${cause.message}`);
  }
}

function invalid(file: string, what: string): ApportionError {
  return new ApportionError('invalid_catalog', `${file} ${what}`, 'Mend the file; nothing was applied.');
}
