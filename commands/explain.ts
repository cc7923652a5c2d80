import { Command } from 'commander';
import { explain } from '../operations/explain.ts';
import { explanationJson, explanationText } from '../operations/explain-text.ts';
import { dayFrom } from '../operations/select-days.ts';
import { ApportionError } from '../runtime/errors.ts';
import { withWorld } from './world.ts';

interface Options {
  readonly tenant: string;
  readonly day: string;
  readonly product?: string;
  readonly json?: true;
}

/** `apportion explain` */
export function explainCommand(): Command {
  return new Command('explain')
    .description("walk from a tenant's amounts of a day to their origins, rules, weights and source rows")
    .requiredOption('--tenant <id>', 'tenant id, or __unallocated__')
    .requiredOption('--day <day>', 'YYYY-MM-DD')
    .option('--product <id>', 'one product only')
    .option('--json', 'everything, as JSON')
    .action((options: Options, self: Command) =>
      withWorld(self, async (world) => {
        const day = dayFrom('--day', options.day);
        const explanations = await explain(world.pool, options.tenant, day, options.product ?? null);
        if (explanations.length === 0) {
          throw new ApportionError(
            'no_document',
            `${options.tenant} has no cost on ${options.day}.`,
            'See which tenants have: apportion export attributions --from DAY --to DAY.',
          );
        }
        console.log(explanations.map(options.json ? explanationJson : explanationText).join('\n\n'));
      }),
    );
}
