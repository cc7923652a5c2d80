import { Command } from 'commander';
import { environmentText } from '../local/environment.ts';
import { resetStack, startStack, stopStack } from '../local/stack.ts';
import { type ServerStatus, stackStatus } from '../local/status.ts';
import { styled } from '../runtime/terminal/style.ts';
import { table } from '../runtime/terminal/table.ts';

const FOLDER_OPTION = ['--data <dir>', 'folder of ports, data and logs', '.local'] as const;

interface Options {
  readonly data: string;
}

/** `apportion local start|stop|status|reset` */
export function localCommand(): Command {
  const command = new Command('local').description('Kafka, schema registry and Postgres without Docker');
  command
    .command('start')
    .description('start what is not running, and print the environment to use')
    .option(...FOLDER_OPTION)
    .action(async ({ data }: Options) => {
      process.stdout.write(environmentText(await startStack(data, report)));
    });
  command
    .command('stop')
    .description('stop the servers; ports and data stay')
    .option(...FOLDER_OPTION)
    .action(({ data }: Options) => stopStack(data, report));
  command
    .command('status')
    .description('say what runs, where and since when')
    .option(...FOLDER_OPTION)
    .action(async ({ data }: Options) => printStatus(data, await stackStatus(data)));
  command
    .command('reset')
    .description('stop the servers and delete their data')
    .option(...FOLDER_OPTION)
    .action(({ data }: Options) => resetStack(data, report));
  return command;
}

function report(line: string): void {
  console.error(line);
}

/** Exit code 1 says to a script that not everything runs. */
function printStatus(data: string, servers: readonly ServerStatus[]): void {
  if (servers.length === 0) console.log(`There is no stack in ${data}: start one with apportion local start.`);
  else console.log(statusTable(servers));
  if (servers.length === 0 || servers.some((server) => server.state !== 'running')) process.exitCode = 1;
}

function statusTable(servers: readonly ServerStatus[]): string {
  return table(
    [
      { title: 'server' },
      { title: 'state' },
      { title: 'pid', align: 'right' },
      { title: 'address' },
      { title: 'since' },
    ],
    servers.map((server) => [
      server.title,
      server.state,
      server.pid === null ? '' : String(server.pid),
      server.address,
      server.since ?? '',
    ]),
    (text, column) => (column === 1 ? styled(text === 'running' ? 'green' : 'red', text) : text),
  );
}
