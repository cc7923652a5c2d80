import { readFile } from 'node:fs/promises';
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
  const parsed = parseCatalog(yamlOf(file, await textOf(file)));
  if (parsed.ok) return parsed.catalog;
  const faults = parsed.faults.map(({ path, message }) => `  ${path === '' ? '(whole file)' : path}: ${message}`);
  throw invalid(file, `has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${faults.join('\n')}`);
}

async function textOf(file: string): Promise<string> {
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
