import { Command } from 'commander';
import type { CatalogDifference } from '../operations/apply-catalog.ts';
import { readCatalogFile } from '../operations/catalog-file.ts';
import { formatDay } from '../schemas/day.ts';
import { withWorld } from './world.ts';

/** `apportion catalog apply|check FILE` */
export function catalogCommand(): Command {
  const command = new Command('catalog').description('check and apply tenants, products and allocation rules');
  command
    .command('check')
    .description('validate a catalog file and list all of its faults')
    .argument('<file>', 'catalog as YAML or JSON')
    .action(async (file: string) => {
      const catalog = await readCatalogFile(file);
      console.log(`${file} is valid: ${catalog.tenants.length} tenants, ${catalog.rules.length} rules.`);
    });
  command
    .command('apply')
    .description('validate a catalog, print what changes and which days it touches, and publish it')
    .argument('<file>', 'catalog as YAML or JSON')
    .option('--dry-run', 'publish nothing')
    .action((file: string, options: { dryRun?: true }, self: Command) =>
      withWorld(self, async (world) => {
        const { compareCatalog, publishCatalog, readCatalogInForce } = await import('../operations/apply-catalog.ts');
        const catalog = await readCatalogFile(file);
        const inForce = await readCatalogInForce(world.kafka, world.settings.topicPrefix, await world.codec());
        const difference = compareCatalog(inForce, catalog);
        console.log(differenceText(difference));
        if (!difference.differs || options.dryRun === true) return;
        await publishCatalog(await world.publisher(), catalog, Date.now());
        console.log('Applied.');
      }),
    );
  return command;
}

function differenceText({ differs, changes, touches }: CatalogDifference): string {
  if (!differs) return 'Nothing changes: this catalog is in force already.';
  const days = touches.map(({ from, to }) => {
    if (from === null && to === null) return 'all days';
    if (from === null) return `days up to ${to === null ? '' : formatDay(to)}`;
    return to === null ? `days from ${formatDay(from)} on` : `days ${formatDay(from)} to ${formatDay(to)}`;
  });
  return [...changes, `Touches: ${days.length === 0 ? 'no day' : days.join('; ')}.`].join('\n');
}
