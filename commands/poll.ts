import { Argument, Command } from 'commander';
import { makePoller, pollerNames } from '../producers/pollers.ts';
import { withWorld } from './world.ts';

/** `apportion poll NAME` */
export function pollCommand(): Command {
  return new Command('poll')
    .description('ask a source once, now, and publish what it says; exit code 1 if anything of it could not be used')
    .addArgument(new Argument('<name>', 'poller').choices(pollerNames))
    .option('--path <paths...>', 'for focus-file: files, folders or globs instead of those of the settings')
    .action((name: string, options: { path?: string[] }, self: Command) =>
      withWorld(self, async (world) => {
        const paths = options.path === undefined ? {} : { paths: options.path };
        const poller = makePoller(name, { ...world.settings.pollers[name], ...paths });
        const outcome = await poller.poll(await world.publisher());
        for (const fault of outcome.faults) console.error(fault);
        const unsaid = outcome.faultCount - outcome.faults.length;
        if (unsaid > 0) console.error(`and ${unsaid} more`);
        console.log(`${name}: ${outcome.summary}`);
        if (outcome.faultCount > 0) process.exitCode = 1;
      }),
    );
}
