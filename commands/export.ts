import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Argument, Command, Option } from 'commander';
import { type ExportFormat, exportAttributions, exportStatements, exportUsage } from '../operations/export.ts';
import { selectDays } from '../operations/select-days.ts';
import { openOutput } from './output-file.ts';
import { withWorld } from './world.ts';

interface Options {
  readonly from: string;
  readonly to: string;
  readonly tenant?: string;
  readonly format: ExportFormat;
  readonly out?: string;
}

/** `apportion export attributions|statements|usage` */
export function exportCommand(): Command {
  return new Command('export')
    .description('write documents, statements or usage, sorted and canonical')
    .addArgument(new Argument('<what>', 'what to write').choices(['attributions', 'statements', 'usage']))
    .requiredOption('--from <day>', 'first day, YYYY-MM-DD')
    .requiredOption('--to <day>', 'last day, included')
    .option('--tenant <id>', 'one tenant only')
    .addOption(new Option('--format <format>', 'form of the output').choices(['jsonl', 'csv']).default('jsonl'))
    .option('--out <file>', 'write to a file instead of standard output')
    .action((what: 'attributions' | 'statements' | 'usage', options: Options, self: Command) => {
      if (what === 'statements' && options.tenant !== undefined) {
        self.error('error: --tenant does not go with statements: they are of all tenants together.');
      }
      return withWorld(self, async (world) => {
        const range = selectDays(options.from, options.to);
        const filter = options.tenant === undefined ? {} : { tenant: options.tenant };
        const pieces = {
          attributions: () => exportAttributions(world.pool, range, filter, options.format),
          statements: () => exportStatements(world.pool, range, options.format),
          usage: () => exportUsage(world.pool, range, filter, options.format),
        }[what]();
        await write(pieces, options.out);
      });
    });
}

async function write(pieces: AsyncIterable<string>, file: string | undefined): Promise<void> {
  const target: Writable = file === undefined ? process.stdout : (await openOutput('--out', file)).createWriteStream();
  await pipeline(Readable.from(pieces), target, { end: file !== undefined });
}
