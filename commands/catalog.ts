import { Command } from 'commander';
import { compareCatalog, publishCatalog } from '../operations/apply-catalog.ts';
import { catalogDifferenceText } from '../operations/catalog-difference-text.ts';
import { parseCatalogText, readCatalogFile, readCatalogText, replaceCatalogText } from '../operations/catalog-file.ts';
import type { FedCatalog } from '../operations/feed-tenants.ts';
import { dayFrom } from '../operations/select-days.ts';
import { confirm } from '../runtime/terminal/confirm.ts';
import { dayOf } from '../schemas/day.ts';
import { type World, withWorld } from './world.ts';

interface ApplyOptions {
  readonly dryRun?: true;
  /** The poller whose settings are used. */
  readonly fromAuth0?: string | true;
  readonly firstDay?: string;
  readonly yes?: true;
}

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
    .option('--dry-run', 'write and publish nothing')
    .option('--from-auth0 [poller]', 'bring organisations of Auth0 into the file first, as tenants')
    .option('--first-day <day>', 'first day of tenants that are brought in, YYYY-MM-DD (default: today)')
    .option('--yes', 'do not ask before the file is changed')
    .action((file: string, options: ApplyOptions, self: Command) =>
      withWorld(self, (world) => apply(world, file, options)),
    );
  return command;
}

async function apply(world: World, file: string, options: ApplyOptions): Promise<void> {
  const text = await readCatalogText(file);
  const fed = options.fromAuth0 === undefined ? null : await feedFromAuth0(world, file, text, options);
  const catalog = parseCatalogText(file, fed?.text ?? text);
  const difference = compareCatalog(await world.catalog(), catalog);
  if (fed !== null) console.log(`${feedText(file, fed)}\n`);
  console.log(catalogDifferenceText(difference));
  if (options.dryRun === true) return;
  if (fed !== null && fed.changes.length > 0) {
    if (options.yes !== true && !(await confirm(`Change ${file}, and apply it?`))) {
      console.log('Nothing was done.');
      process.exitCode = 1;
      return;
    }
    await replaceCatalogText(file, text, fed.text);
  }
  if (!difference.differs) return;
  await publishCatalog(await world.publisher(), catalog, Date.now());
  console.log('Applied.');
}

async function feedFromAuth0(world: World, file: string, text: string, options: ApplyOptions): Promise<FedCatalog> {
  const { feedTenants } = await import('../operations/feed-tenants.ts');
  const { listOrganizations } = await import('../producers/auth0/list-organizations.ts');
  const { fromAuth0, firstDay } = options;
  const { secrets, logger, signal } = world;
  const poller = typeof fromAuth0 === 'string' ? fromAuth0 : 'auth0';
  const now = Date.now();
  const from = firstDay === undefined ? dayOf(now) : dayFrom('--first-day', firstDay);
  const settings = world.settings.pollers[poller] ?? {};
  const organizations = await listOrganizations({ poller, settings, secrets, logger, signal, now });
  return feedTenants(text, parseCatalogText(file, text), organizations, from);
}

function feedText(file: string, { changes, open }: FedCatalog): string {
  const told = changes.length === 0 ? [`Auth0 has nothing new for ${file}.`] : [`From Auth0 into ${file}:`];
  return [...told, ...changes.map((line) => `  ${line}`), ...open.map((line) => `left as it is: ${line}`)].join('\n');
}
