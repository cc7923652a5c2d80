/** How fast a large cluster is polled, and in how much memory. */
import { type ForkOptions, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { table } from '../runtime/terminal/table.ts';
import { type Benchmark, median } from './benchmark.ts';
import type { Poll } from './kubernetes/poll.ts';

const PODS = 10_000;
const POLLS = 6;

/** Node collects garbage late where there is memory: the second says in how much it can be done. */
const HEAPS: Readonly<Record<string, readonly string[]>> = {
  'as it comes': [],
  'a small heap': ['--max-old-space-size=112', '--max-semi-space-size=8'],
};

export const kubernetes: Benchmark = {
  name: 'kubernetes',
  about:
    'the poller kubernetes, in a process of its own, before another one that serves 10,000 pods of 2,000 Deployments, with old ReplicaSets and usage, as the API server does: some 6 KB a pod, in pages',
  async run({ size, say }) {
    const pods = Math.ceil(PODS * size);
    const server = child('serve.ts', [String(pods)]);
    try {
      const [{ url }] = (await once(server, 'message')) as [{ url: string }];
      const polls = new Map<string, readonly Poll[]>();
      for (const [heap, flags] of Object.entries(HEAPS)) {
        say([heap, ...flags].join(' '));
        polls.set(heap, await pollsOf(url, flags));
      }
      const small = polls.get('a small heap') ?? [];
      return {
        figures: [
          {
            key: 'kubernetes.pollSeconds',
            what: `poll of ${pods.toLocaleString('en')} pods, with a small heap`,
            value: median(small.map(({ seconds }) => seconds)),
            unit: 's',
          },
          {
            key: 'kubernetes.peakMib',
            what: 'its memory at the peak',
            value: Math.max(...small.map(({ peakMiB }) => peakMiB)),
            unit: 'MiB',
            reach: { atMost: 300 },
          },
        ],
        details: pollTable(polls),
      };
    } finally {
      server.kill();
    }
  },
};

async function pollsOf(url: string, flags: readonly string[]): Promise<readonly Poll[]> {
  const poller = child('poll.ts', [url, String(POLLS)], { execArgv: [...flags] });
  const [polls] = (await Promise.race([
    once(poller, 'message'),
    once(poller, 'exit').then(([code]) => Promise.reject(new Error(`the poller has ended with ${code}`))),
  ])) as [readonly Poll[]];
  return polls;
}

function pollTable(polls: ReadonlyMap<string, readonly Poll[]>): string {
  const rows = [...polls].flatMap(([heap, of]) =>
    of.map(({ seconds, coreSeconds, peakMiB, summary }, index) => [
      heap,
      `${index + 1}`,
      seconds.toFixed(2),
      coreSeconds.toFixed(2),
      peakMiB.toFixed(0),
      summary,
    ]),
  );
  const numbers = ['poll', 'seconds', 'core s', 'peak MiB'].map((title) => ({ title, align: 'right' as const }));
  return table([{ title: 'heap' }, ...numbers, { title: 'what' }], rows);
}

function child(file: string, args: readonly string[], forkOptions: ForkOptions = {}) {
  return fork(join(import.meta.dirname, 'kubernetes', file), args, { execArgv: [], ...forkOptions });
}
