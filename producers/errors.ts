import { ApportionError } from '../runtime/errors.ts';

/** What can go wrong with files and senders as a whole, and what to do about it. A bad line or row is a value, and not here. */
const advice = {
  file_missing: 'Check the path, and the folder that the command runs in.',
  file_unreadable: 'Give a file that this user may read.',
  file_damaged: 'Fetch the file again. What was sent before the damage may be sent again: that changes nothing.',
  focus_no_files: 'Give a file, a folder or a glob with names that end in .csv or .csv.gz.',
  focus_same_file_twice: 'Keep one of the two: both together would count every charge twice.',
  focus_columns: 'Export with the columns of FOCUS 1.0 to 1.3, each of them once.',
  focus_changed: 'Wait until nothing writes to the files, then read them again: that replaces what was sent.',
  bad_token: 'Make it of 16 to 4096 letters, digits and . _ ~ + / - only: `openssl rand -hex 32` prints one.',
} as const;

export function producerError(code: keyof typeof advice, message: string, cause?: unknown): ApportionError {
  return new ApportionError(code, message, advice[code], { cause });
}
