import { Command } from 'commander';
import { readSources } from '../operations/read-sources.ts';
import { sourceJson, sourcesText } from '../operations/sources-text.ts';
import { withWorld } from './world.ts';

/** `apportion sources` */
export function sourcesCommand(): Command {
  return new Command('sources')
    .description('print how each source fares: state, last success, next run, days; exit code 1 if one is not in order')
    .option('--json', 'as JSON lines')
    .action((options: { json?: true }, self: Command) =>
      withWorld(self, async ({ kafka, settings, codec }) => {
        const sources = await readSources(kafka, settings.topicPrefix, await codec());
        if (options.json === true) for (const source of sources) console.log(sourceJson(source));
        else if (sources.length === 0)
          console.log('No poller has run yet: apportion poll NAME, or apportion run poller NAME.');
        else console.log(sourcesText(sources, Date.now()));
        if (sources.some(({ state }) => state !== 'ok' && state !== 'initial')) process.exitCode = 1;
      }),
    );
}
