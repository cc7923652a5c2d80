import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { ApportionError } from '../errors.ts';

/**
 * Asks whoever sits at the terminal. Anything but y or yes, the end of the input included, is a no.
 *
 * @throws ApportionError `not_confirmed` where nobody can be asked
 */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new ApportionError(
      'not_confirmed',
      `${question} There is no terminal to ask on, so nothing was done.`,
      'Look at it with --dry-run, then run it with --yes.',
    );
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const closed = once(lines, 'close').then(() => '');
    const answer = await Promise.race([lines.question(`${question} [y/N] `), closed]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
