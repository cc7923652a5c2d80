import { canonicalJson, sha256 } from '../../attribution/canonical-json.ts';
import type { FocusFileConfig } from './config.ts';
import type { FoundFile } from './found-file.ts';

/** To be raised when this program makes other reports of the same files than it did before. */
const READER_VERSION = 1;

/**
 * All that the reports depend on, as a text of 64 characters: the files by name, size and version, and the settings. When
 * it is what it was, reading again would give the reports that there are.
 */
export function fingerprintOf(files: readonly FoundFile[], config: FocusFileConfig): string {
  const { paths, s3, maxSums, ...settings } = config;
  const found = files.map(({ id, bytes, version }) => ({ id, bytes, version }));
  return sha256(canonicalJson({ reader: READER_VERSION, settings, found }));
}
