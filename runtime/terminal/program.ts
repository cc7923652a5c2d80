import { type Command, CommanderError, InvalidArgumentError } from 'commander';

/** Reads the arguments of a program that is one command: help ends it with 0, wrong use with 2. */
export function parseProgram<Options extends object>(command: Command): { options: Options; args: readonly string[] } {
  command.exitOverride().showHelpAfterError('(--help says more)');
  try {
    command.parse();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exit(error.exitCode === 0 ? 0 : 2);
  }
  return { options: command.opts<Options>(), args: command.args };
}

/** Reads an option that takes a whole number from `least` on. */
export function wholeNumberFrom(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (Number.isSafeInteger(number) && number >= least) return number;
    throw new InvalidArgumentError(`Give a whole number from ${least} on.`);
  };
}

/** Reads an option that takes a number above 0. */
export function positiveNumber(text: string): number {
  const number = Number(text);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new InvalidArgumentError('Give a number above 0.');
}
