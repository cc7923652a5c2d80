import { Command } from 'commander';
import { selectDays } from '../operations/select-days.ts';
import type { Check } from '../operations/verify/check.ts';
import { verify } from '../operations/verify/verify.ts';
import { startProgress } from '../runtime/terminal/progress.ts';
import { styled } from '../runtime/terminal/style.ts';
import { table } from '../runtime/terminal/table.ts';
import { withWorld } from './world.ts';

/** `apportion verify` */
export function verifyCommand(): Command {
  return new Command('verify')
    .description(
      'audit days: every unit accounted for, topics = Postgres, days recomputed, digests, history, weeks and months',
    )
    .requiredOption('--from <day>', 'first day, YYYY-MM-DD')
    .requiredOption('--to <day>', 'last day, included')
    .option('--deep', 'count usage anew as well: reads all calls and usage that the log has')
    .action((options: { from: string; to: string; deep?: true }, self: Command) =>
      withWorld(self, async (world) => {
        const range = selectDays(options.from, options.to);
        const { kafka, pool, settings } = world;
        const { openDays, maxCallHours } = settings;
        const deep = options.deep === true ? { admin: world.admin, openDays, maxCallHours } : null;
        const audited = { kafka, pool, prefix: settings.topicPrefix, deep };
        const progress = startProgress('Reading topics, records');
        const report = (records: number): void => progress.update(records, null);
        const checks = await verify({ ...audited, codec: await world.codec(), report }, range);
        progress.done('read and compared');
        console.log(checksText(checks));
        if (checks.some((check) => check.failed > 0)) process.exitCode = 1;
      }),
    );
}

/** The checks as a table, and below it what does not hold. */
function checksText(checks: readonly Check[]): string {
  const rows = checks.map((check) => [
    outcomeOf(check),
    check.name,
    check.compared.toLocaleString('en-US'),
    check.failed.toLocaleString('en-US'),
    check.figures,
  ]);
  const text = table(
    [
      { title: '' },
      { title: 'check' },
      { title: 'compared', align: 'right' },
      { title: 'differ', align: 'right' },
      { title: 'figures' },
    ],
    rows,
    (cell, column) => (column === 0 && cell in COLOURS ? styled(COLOURS[cell as Outcome], cell) : cell),
  );
  const faults = checks.flatMap((check) => [
    ...check.faults.map((fault) => `${check.name}: ${fault}`),
    ...(check.failed > check.faults.length ? [`${check.name}: and ${check.failed - check.faults.length} more.`] : []),
  ]);
  return faults.length === 0 ? text : `${text}\n\n${faults.join('\n')}`;
}

type Outcome = 'Passed' | 'Failed' | 'Empty';

const COLOURS = { Passed: 'green', Failed: 'red', Empty: 'yellow' } as const;

/** A check that had nothing to compare has found nothing. */
function outcomeOf({ compared, failed }: Check): Outcome {
  if (failed > 0) return 'Failed';
  return compared === 0 ? 'Empty' : 'Passed';
}
