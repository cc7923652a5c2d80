/** What more calls, more partitions and more processes do to the meter. */
import { availableParallelism } from 'node:os';
import type { Benchmark } from './benchmark.ts';
import type { Figure } from './figure.ts';
import { type CallsTopic, callsTopic } from './meter/calls-topic.ts';
import { measure } from './meter/measure.ts';
import { runTable } from './meter/run-table.ts';
import { Side, takeTurns } from './meter/side.ts';
import { Worker } from './meter/worker.ts';

const COMMIT_INTERVAL_MS = 100;
const PROCESSES = 3;

export const growth: Benchmark = {
  name: 'growth',
  about: `the meter with commits every ${COMMIT_INTERVAL_MS} ms: 16 times the calls, 16 times the partitions, ${PROCESSES} processes of one group`,
  async run(bench) {
    const topics = {
      x1: await callsTopic(bench, 1 / 16),
      x4: await callsTopic(bench, 1 / 4),
      x16: await callsTopic(bench),
      onePartition: await callsTopic(bench, 1 / 4, 1),
      manyPartitions: await callsTopic(bench, 1 / 4, 16),
    };
    const workers = await Promise.all(Array.from({ length: PROCESSES }, () => Worker.start()));
    const side = (topic: CallsTopic, processes = 1): Side => meterSide(workers.slice(0, processes), topic);
    const sides = {
      x1: side(topics.x1),
      x4: side(topics.x4),
      x16: side(topics.x16),
      onePartition: side(topics.onePartition),
      manyPartitions: side(topics.manyPartitions),
      twoProcesses: side(topics.x16, 2),
      threeProcesses: side(topics.x16, 3),
    };
    try {
      bench.say('warming up');
      for (const worker of workers) await meterSide([worker], topics.x4).take(0);
      // A ratio of warm processes needs fewer rounds, and the largest of these takes long.
      for (let round = 0; round < Math.ceil(bench.rounds / 2) && !bench.signal.aborted; round++) {
        await takeTurns(Object.values(sides), round, bench.say);
      }
    } finally {
      await Promise.all(workers.map((worker) => worker.end()));
    }
    const { x1, x4, x16, onePartition, manyPartitions, twoProcesses, threeProcesses } = sides;
    return {
      figures: [
        ratio('x4ToX1', 'metering 4 times the calls, against as many', x4, x1),
        ratio('x16ToX1', 'metering 16 times the calls, against as many', x16, x1),
        ratio('partitions4To1', 'metering 4 partitions, against 1', x4, onePartition),
        ratio('partitions16To1', 'metering 16 partitions, against 1', manyPartitions, onePartition),
        ratio('processes2To1', 'metering in 2 processes, against 1', twoProcesses, x16),
        ratio('processes3To1', 'metering in 3 processes, against 1', threeProcesses, x16),
      ],
      details: `${HOW}\n\n${runTable(Object.values(sides))}\n\n${availableParallelism()} cores carry the processes and the broker: they limit what more processes bring.`,
    };
  },
};

const HOW = `In processes that have metered before; several wait for each other at the first batch. Every output has the
checksum of its calls, which is the same in any number of partitions and processes.`;

/** The real meter in these processes together; its totals are checked. */
function meterSide(workers: readonly Worker[], topic: CallsTopic): Side {
  const { length } = workers;
  return new Side(`${topic.description}, ${length === 1 ? '1 process' : `${length} processes`}`, async () => {
    await topic.emptyOutputs();
    const run = await measure(workers, topic, { what: 'meter', commitIntervalMs: COMMIT_INTERVAL_MS });
    return { ...run, written: await topic.check() };
  });
}

function ratio(key: string, what: string, side: Side, other: Side): Figure {
  return { key: `growth.${key}`, what, value: side.ratioTo(other), unit: 'x' };
}
