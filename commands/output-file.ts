import { type FileHandle, open } from 'node:fs/promises';
import { ApportionError } from '../runtime/errors.ts';

/**
 * Opens, empty, the file that an option names: before the work whose result goes there, which a wrong path would lose.
 *
 * @throws ApportionError `unwritable_file`
 */
export async function openOutput(option: string, path: string): Promise<FileHandle> {
  try {
    return await open(path, 'w');
  } catch (cause) {
    throw new ApportionError(
      'unwritable_file',
      `${path} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}.`,
      `Give a path in a folder that is there with ${option}.`,
      { cause },
    );
  }
}
