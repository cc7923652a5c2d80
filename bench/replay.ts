/** How long it takes to compute a month anew beside what stands, and to say what differs. */
import { table } from '../runtime/terminal/table.ts';
import { addDays, dayOf, formatDay } from '../schemas/day.ts';
import { costReports } from '../schemas/topics.ts';
import type { Bench, Benchmark } from './benchmark.ts';
import { Ledger } from './pipeline/ledger.ts';
import { linesOf, namespaceReport, platformCatalog, serviceReport, TENANTS } from './pipeline/platform.ts';
import { platformCalls, sendCalls } from './pipeline/send-calls.ts';
import { type Pipeline, withPipeline } from './pipeline/with-pipeline.ts';

const CALLS = 3_000_000;
const DAYS = 31;
const SERVICES = 40;
const SEED = 3;

export const replay: Benchmark = {
  name: 'replay',
  about: `apportion replay of ${DAYS} days with ${CALLS.toLocaleString('en')} calls, ${TENANTS} tenants with ${linesOf(SERVICES).toLocaleString('en')} lines a day: computed into a shadow and compared with what stands, from the start of the process to its end`,
  async run(bench) {
    const { seconds, stages } = await withPipeline(bench, { name: 'replay', catalog: platformCatalog() }, (pipeline) =>
      measure(pipeline, bench),
    );
    return {
      figures: [
        {
          key: 'replayMonth.seconds',
          what: 'a month computed anew and compared',
          value: seconds,
          unit: 's',
          reach: { atMost: 60 },
        },
      ],
      details: `${table(
        [{ title: '' }, { title: 's', align: 'right' }],
        stages.map(({ title, seconds }) => [title, seconds.toFixed(1)]),
      )}\n
It computed all documents, and none of them differs from those of the live roles, whose calls and cost are all there.`,
    };
  },
};

async function measure({ world, run, command, settle }: Pipeline, { size, say }: Bench) {
  const publisher = await world.publisher();
  const ledger = new Ledger();
  const from = addDays(dayOf(Date.now()), -DAYS);
  const to = addDays(from, DAYS - 1);
  for (let day = from; day <= to; day = addDays(day, 1)) {
    const reports = [namespaceReport(day), serviceReport(day, SERVICES)];
    for (const report of reports) ledger.addReport(report);
    await publisher.publish(costReports, reports);
  }
  const callsPerDay = Math.ceil((CALLS * size) / DAYS);
  say(`${(callsPerDay * DAYS).toLocaleString('en')} calls`);
  await sendCalls(world, platformCalls({ seed: SEED, from, days: DAYS, callsPerDay, ledger }));
  say('the live roles');
  for (const role of ['meter', 'attribute', 'postgres-sink']) run(role);
  await settle();
  await ledger.check(world.pool);

  say('replay');
  const begunMs = performance.now();
  const seconds = (): number => (performance.now() - begunMs) / 1000;
  const range = ['--from', formatDay(from), '--to', formatDay(to)];
  let meteredAfter = Number.NaN;
  const said = await command(['replay', ...range], (line) => {
    if (line.startsWith('Replaying, meter') && line.endsWith(' records')) meteredAfter = seconds();
  });
  const all = seconds();
  const documents = TENANTS * DAYS;
  if (!said.includes('No document differs.') || !said.includes(`${documents} documents computed`)) {
    throw new Error(`The replay is to compute ${documents} documents as they stand, but says:\n${said}`);
  }
  return {
    seconds: all,
    stages: [
      { title: 'start, and meter', seconds: meteredAfter },
      { title: 'attribute, compare, and end', seconds: all - meteredAfter },
    ],
  };
}
