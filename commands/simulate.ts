import { Command } from 'commander';
import { compileCatalog } from '../attribution/compile-catalog.ts';
import { readCatalogFile } from '../operations/catalog-file.ts';
import { requireCatalog } from '../operations/catalog-in-force.ts';
import { extentText } from '../operations/extent-text.ts';
import { readStandingInputs, type StandingInputs } from '../operations/read-standing.ts';
import { selectDays } from '../operations/select-days.ts';
import { daysOf, simulateDays } from '../operations/simulate/simulate-days.ts';
import { isBalanced, Simulation } from '../operations/simulate/simulation.ts';
import {
  changesCsv,
  changesCsvTitles,
  simulationJson,
  simulationText,
} from '../operations/simulate/simulation-text.ts';
import { ApportionError } from '../runtime/errors.ts';
import { startProgress } from '../runtime/terminal/progress.ts';
import { type DayRange, formatDay } from '../schemas/day.ts';
import { openOutput } from './output-file.ts';
import { type World, withWorld } from './world.ts';

interface Options {
  readonly catalog: string;
  readonly from: string;
  readonly to: string;
  readonly effective?: true;
  readonly csv?: string;
  readonly json?: true;
}

/** `apportion simulate` */
export function simulateCommand(): Command {
  return new Command('simulate')
    .description('compute days with another catalog: who gains, who loses, by which rule; nothing is written')
    .requiredOption('--catalog <file>', 'the catalog to try, as YAML or JSON')
    .requiredOption('--from <day>', 'first day, YYYY-MM-DD')
    .requiredOption('--to <day>', 'last day, included')
    .option('--effective', 'show effective cost instead of billed')
    .option('--csv <file>', 'write what changes to a file, by day, tenant and rule')
    .option('--json', 'everything, as JSON')
    .action((options: Options, self: Command) => withWorld(self, (world) => simulate(world, options)));
}

async function simulate(world: World, options: Options): Promise<void> {
  const range = selectDays(options.from, options.to);
  const candidate = await readCatalogFile(options.catalog);
  const inForce = requireCatalog(await world.catalog());
  const inputs = await readInputs(world, range);
  await using file = options.csv === undefined ? null : await openOutput('--csv', options.csv);
  await file?.write(changesCsvTitles);
  const simulation = new Simulation();
  const days = daysOf(inputs);
  const progress = startProgress('Computing, days');
  for (const day of simulateDays(inputs, compileCatalog(inForce), compileCatalog(candidate))) {
    simulation.add(day);
    await file?.write(changesCsv(day));
    progress.update(simulation.days, days.length);
  }
  progress.done(`${simulation.days} computed with both catalogs`);

  const rules = [...candidate.rules, ...inForce.rules].map(({ id }) => id);
  const missing = range.to - range.from + 1 - days.length;
  if (options.json === true) {
    const asked = { from: formatDay(range.from), to: formatDay(range.to), daysWithoutInputs: missing };
    console.log(simulationJson(simulation, rules, asked));
  } else {
    console.log(simulationText(simulation, rules, options.effective === true ? 'effective' : 'billed'));
    if (missing > 0) console.log(`\n${missing} of the days have no cost and no usage. ${extentText(inputs.extent)}`);
    console.log('\nNothing was changed. `apportion catalog apply` puts the catalog in force.');
  }
  if (!simulation.balances().every(isBalanced)) {
    throw new ApportionError(
      'unbalanced',
      'The changes do not add up: see the last table for what is missing.',
      'This is a defect of Apportion: report it with both catalogs.',
    );
  }
}

async function readInputs(world: World, range: DayRange): Promise<StandingInputs> {
  const progress = startProgress('Reading reports and totals, records');
  let records = 0;
  const count = (): void => progress.update(++records, null);
  const { kafka, settings } = world;
  const from = { kafka, prefix: settings.topicPrefix, codec: await world.codec(), range, onRecord: count };
  const inputs = await readStandingInputs(from);
  progress.done(records.toLocaleString('en-US'));
  if (inputs.reports.size + inputs.totals.size > 0) return inputs;
  throw new ApportionError(
    'nothing_to_simulate',
    `There is no cost and no usage from ${formatDay(range.from)} to ${formatDay(range.to)}. ${extentText(inputs.extent)}`,
    'Give other days with --from and --to.',
  );
}
