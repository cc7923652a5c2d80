/** A program of its own: does the work that it is sent, one after another, and sends back how far it has come. */

import { peakMemoryMib } from '../peak-memory.ts';
import { runBare } from './run-bare.ts';
import { runMeter } from './run-meter.ts';
import type { Command, Progress, Reporter, Work } from './work.ts';

let go = Promise.withResolvers<void>();
let stop = new AbortController();

process.on('message', async (command: Command) => {
  if (command === 'go') go.resolve();
  else if (command === 'stop') stop.abort();
  else await take(command);
});

// A terminal interrupts all its processes; this one ends with the one that sends it work.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());

async function take(work: Work): Promise<void> {
  go = Promise.withResolvers();
  stop = new AbortController();
  await (work.what === 'meter' || work.what === 'restore' ? runMeter : runBare)(work, reporter(), stop.signal);
  process.send?.('stopped');
}

function reporter(): Reporter {
  const started = go.promise;
  let cpuBefore: NodeJS.CpuUsage | null = null;
  const reached = (partition: number, offset: number): void => {
    cpuBefore ??= process.cpuUsage();
    const { user, system } = process.cpuUsage(cpuBefore);
    const progress: Progress = {
      partition,
      offset,
      atMs: performance.timeOrigin + performance.now(),
      cpuMicroseconds: user + system,
      peakMib: peakMemoryMib(),
    };
    process.send?.(progress);
  };
  let hasStarted = false;
  return {
    began: () => {
      if (hasStarted) return undefined;
      if (cpuBefore === null) reached(0, 0);
      return started.then(() => {
        hasStarted = true;
      });
    },
    reached,
  };
}
