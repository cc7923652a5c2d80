import { Argument, Command } from 'commander';
import { dayFrom } from '../operations/select-days.ts';
import { makePoller, pollerNames } from '../producers/pollers.ts';
import type { Day } from '../schemas/scalars.ts';
import { withWorld } from './world.ts';

interface Options {
  readonly path?: string[];
  readonly from?: string;
  readonly to?: string;
}

/** `apportion poll NAME` */
export function pollCommand(): Command {
  return new Command('poll')
    .description('ask a source once, now, and publish what it says; exit code 1 if anything of it could not be used')
    .addArgument(new Argument('<name>', 'poller').choices(pollerNames))
    .option(
      '--path <paths...>',
      'for focus-file: files, folders, globs or s3://bucket/prefix/ instead of those of the settings',
    )
    .option('--from <day>', 'first day to publish, YYYY-MM-DD')
    .option('--to <day>', 'last day to publish, included')
    .action((name: string, options: Options, self: Command) =>
      withWorld(self, async (world) => {
        const paths = options.path === undefined ? {} : { paths: options.path };
        const poller = makePoller(name, { ...world.settings.pollers[name], ...paths });
        const outcome = await poller.poll(await world.publisher(), wantedDays(options));
        for (const fault of outcome.faults) console.error(fault);
        const unsaid = outcome.faultCount - outcome.faults.length;
        if (unsaid > 0) console.error(`and ${unsaid} more`);
        console.log(`${name}: ${outcome.summary}`);
        if (outcome.faultCount > 0) process.exitCode = 1;
      }),
    );
}

function wantedDays({ from, to }: Options): (day: Day) => boolean {
  const first = from === undefined ? null : dayFrom('--from', from);
  const last = to === undefined ? null : dayFrom('--to', to);
  return (day) => (first === null || day >= first) && (last === null || day <= last);
}
