import { Argument, Command } from 'commander';
import { dayFrom, selectDays } from '../operations/select-days.ts';
import { pollerNames } from '../producers/pollers.ts';
import type { NamedDays } from '../producers/polling/run.ts';
import { withWorld } from './world.ts';
import { openWorldPoller } from './world-poller.ts';

interface Options {
  readonly path?: string[];
  readonly from?: string;
  readonly to?: string;
}

/** `apportion poll NAME` */
export function pollCommand(): Command {
  return new Command('poll')
    .description('ask a source once, now, and publish what is new; exit code 1 if anything of it could not be used')
    .addArgument(new Argument('<name>', `poller: ${pollerNames.join(', ')}; or NAME:WORD where there are several`))
    .option(
      '--path <paths...>',
      'for focus-file: files, folders, globs or s3://bucket/prefix/ instead of those of the settings',
    )
    .option('--from <day>', 'first day to ask for, YYYY-MM-DD, instead of those that the poller looks back on')
    .option('--to <day>', 'last day to ask for, included')
    .action((name: string, options: Options, self: Command) =>
      withWorld(self, async (world) => {
        const paths = options.path === undefined ? {} : { paths: options.path };
        await using poller = await openWorldPoller(world, name, paths);
        const outcome = await poller.run({ signal: world.signal, days: daysOf(options) });
        for (const text of [...outcome.warnings, ...outcome.faults]) console.error(text);
        const unsaid = outcome.faultCount - outcome.faults.length;
        if (unsaid > 0) console.error(`and ${unsaid} more`);
        console.log(`${name}: ${outcome.summary}`);
        if (outcome.faultCount > 0) process.exitCode = 1;
      }),
    );
}

function daysOf({ from, to }: Options): NamedDays | null {
  if (from !== undefined && to !== undefined) return selectDays(from, to);
  if (from !== undefined) return { from: dayFrom('--from', from), to: null };
  return to === undefined ? null : { from: null, to: dayFrom('--to', to) };
}
