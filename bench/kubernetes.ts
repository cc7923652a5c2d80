/**
 * How fast a large cluster is polled, and in how much memory: `npm run bench:kubernetes`. The poller as it runs, in a
 * process of its own, before another one that serves 10,000 pods of 2,000 Deployments, with old ReplicaSets and usage,
 * as the API server does: some 6 KB a pod, in pages. Node collects garbage late where there is memory: the second round
 * says in how much it can be done.
 */
import { type ForkOptions, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const ROUNDS: Readonly<Record<string, readonly string[]>> = {
  'as it comes': [],
  'with a small heap': ['--max-old-space-size=112', '--max-semi-space-size=8'],
};

const { values: options } = parseArgs({
  options: { pods: { type: 'string', default: '10000' }, polls: { type: 'string', default: '6' } },
});

const server = child('serve.ts', [options.pods]);
try {
  const [{ url, mib }] = (await once(server, 'message')) as [{ url: string; mib: number }];
  console.log(`${options.pods} pods, ${mib} MiB of them`);
  console.log(`${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}`);
  for (const [title, flags] of Object.entries(ROUNDS)) {
    console.log(`\n${[title, ...flags].join(' ')}`);
    const poller = child('poll.ts', [url, options.polls], { execArgv: [...flags] });
    const [code] = (await once(poller, 'exit')) as [number];
    if (code !== 0) throw new Error(`the poller has ended with ${code}`);
  }
} finally {
  server.kill();
}

function child(file: string, args: readonly string[], forkOptions: ForkOptions = {}) {
  return fork(join(import.meta.dirname, 'kubernetes', file), args, { execArgv: [], ...forkOptions });
}
