/** How fast the meter is where it was, after a restart. */
import type { Benchmark } from './benchmark.ts';
import { callsTopic } from './meter/calls-topic.ts';
import { measureCold } from './meter/measure.ts';
import { runTable } from './meter/run-table.ts';
import { Side, takeTurns } from './meter/side.ts';
import { readingSide } from './meter/sides.ts';

const GROUP = 'restored';

export const restore: Benchmark = {
  name: 'restore',
  about:
    'the meter started again when all is committed, until it is live: it folds all calls silently, since all days are open; beside a bare consumer that only decodes them',
  async run(bench) {
    const topic = await callsTopic(bench);
    await topic.emptyOutputs();
    bench.say('metering, to have something to restore');
    await measureCold(topic, { what: 'meter', group: GROUP, commitIntervalMs: 1000 });
    const written = await topic.check();
    const reading = readingSide(topic, 'published');
    const restoring = new Side('meter, restoring', () => measureCold(topic, { what: 'restore', group: GROUP }));
    for (let round = 0; round < bench.rounds && !bench.signal.aborted; round++) {
      await takeTurns([reading, restoring], round, bench.say);
    }
    if ((await topic.check()) !== written) throw new Error('A restored meter has written totals once more.');
    return {
      figures: [
        {
          key: 'restore.vsBare',
          what: `restoring the meter, against a ${reading.name}`,
          value: restoring.ratioTo(reading),
          unit: 'x',
          reach: { atLeast: 0.9 },
        },
      ],
      details: `${topic.description}, each run in a new process. Nothing was written while restoring.\n\n${runTable([reading, restoring])}`,
    };
  },
};
