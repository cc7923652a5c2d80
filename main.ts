#!/usr/bin/env node
/** The command line: one table of commands. Each lives in commands/, and what it does beyond wiring in operations/. */
import { inspect } from 'node:util';
import { Command, CommanderError } from 'commander';
import { catalogCommand } from './commands/catalog.ts';
import { deadLettersCommand } from './commands/dead-letters.ts';
import { demoCommand } from './commands/demo.ts';
import { explainCommand } from './commands/explain.ts';
import { exportCommand } from './commands/export.ts';
import { localCommand } from './commands/local.ts';
import { pollCommand } from './commands/poll.ts';
import { replayCommand } from './commands/replay.ts';
import { runCommand } from './commands/run.ts';
import { sendCommand } from './commands/send.ts';
import { settleCommand } from './commands/settle.ts';
import { simulateCommand } from './commands/simulate.ts';
import { sourcesCommand } from './commands/sources.ts';
import { topicsCommand } from './commands/topics.ts';
import { verifyCommand } from './commands/verify.ts';
import { ApportionError } from './runtime/errors.ts';
import { redact } from './runtime/redaction.ts';
import { styled } from './runtime/terminal/style.ts';

const commands: readonly (() => Command)[] = [
  localCommand,
  topicsCommand,
  catalogCommand,
  sendCommand,
  pollCommand,
  runCommand,
  sourcesCommand,
  settleCommand,
  exportCommand,
  verifyCommand,
  explainCommand,
  replayCommand,
  simulateCommand,
  deadLettersCommand,
  demoCommand,
];

/** Exit codes: 0 done, 1 failed, 2 wrong use. */
const FAILED = 1;
const WRONG_USE = 2;

const program = new Command('apportion')
  .description('What does each tenant cost us? Exact cost attribution over Kafka and Postgres.')
  .option('--config <file>', 'settings as YAML; environment variables APPORTION_… go before it');
for (const command of commands) program.addCommand(command());
strict(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

/** Makes commander throw on wrong use, instead of exiting with 1, and point to the help, for the command and all below it. */
function strict(command: Command): Command {
  command.exitOverride().showHelpAfterError(`(${pathOf(command)} --help says more)`);
  for (const child of command.commands) strict(child);
  return command;
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USE;
  if (error instanceof ApportionError) {
    console.error(redact(`${styled('red', 'error:', process.stderr)} ${error.message}\n${error.advice}`));
  } else {
    console.error(redact(inspect(error)));
  }
  return FAILED;
}
