/** A program of its own: does the work that it is sent, one after another, and sends back how far it has come. */

import { runBare } from './run-bare.ts';
import { runMeter } from './run-meter.ts';
import type { Progress, Reporter, Work } from './work.ts';

let stop = new AbortController();

process.on('message', async (message: Work | 'stop') => {
  if (message === 'stop') {
    stop.abort();
    return;
  }
  stop = new AbortController();
  await run(message, stop.signal);
  process.send?.('stopped');
});

// A terminal interrupts all its processes; this one ends with the one that sends it work.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());

function run(work: Work, signal: AbortSignal): Promise<void> {
  switch (work.what) {
    case 'meter':
    case 'restore':
      return runMeter(work, reporter(), signal);
    case 'read':
    case 'readPatched':
      return runBare(work, reporter(), signal);
  }
}

function reporter(): Reporter {
  let cpuBefore: NodeJS.CpuUsage | null = null;
  const reached = (partition: number, offset: number): void => {
    cpuBefore ??= process.cpuUsage();
    const { user, system } = process.cpuUsage(cpuBefore);
    const progress: Progress = {
      partition,
      offset,
      atMs: performance.timeOrigin + performance.now(),
      cpuMicroseconds: user + system,
      peakMib: process.resourceUsage().maxRSS / 1024,
    };
    process.send?.(progress);
  };
  return {
    began: () => {
      if (cpuBefore === null) reached(0, 0);
    },
    reached,
  };
}
