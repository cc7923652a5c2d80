/** A child process that polls a server as often as it is told, and tells its parent what each poll took. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { openPoller } from '../../producers/pollers.ts';
import { createPollerMetrics } from '../../producers/polling/metrics.ts';
import { createLogger } from '../../runtime/logger.ts';
import { createJournalMemory, createMemoryJournal } from '../../runtime/memory/journal.ts';
import { createSecrets } from '../../runtime/secrets.ts';
import { peakMemoryMib } from '../peak-memory.ts';

const [, , url = '', polls = ''] = process.argv;
const folder = mkdtempSync(join(tmpdir(), 'apportion-bench-'));
try {
  await main(kubeconfigIn(folder), Number(polls));
} finally {
  rmSync(folder, { recursive: true });
}
process.disconnect();

/** What one took, and what the poller says it has done. */
export interface Poll {
  readonly seconds: number;
  /** Of all cores. */
  readonly coreSeconds: number;
  /** Of the process until then. */
  readonly peakMiB: number;
  readonly summary: string;
}

/** A minute passes between two polls, so that one of them closes a window. */
async function main(kubeconfig: string, count: number): Promise<void> {
  const clock = { nowMs: Date.now() };
  const poller = openPoller(
    'kubernetes',
    { clusters: [{ name: 'bench', kubeconfig: `file:${kubeconfig}` }] },
    {
      catalog: async () => null,
      journal: createMemoryJournal(createJournalMemory()),
      secrets: createSecrets({ env: {}, awsSecret: async () => null }),
      metrics: createPollerMetrics(new Registry()),
      logger: createLogger('error'),
      now: () => clock.nowMs,
    },
  );
  const polls: Poll[] = [];
  for (let poll = 1; poll <= count; poll++) {
    const [start, usage] = [performance.now(), process.cpuUsage()];
    const { summary, faults } = await poller.run({ signal: new AbortController().signal });
    if (faults.length > 0) throw new Error(faults.join('\n'));
    const { user, system } = process.cpuUsage(usage);
    const seconds = (performance.now() - start) / 1000;
    const peakMiB = peakMemoryMib();
    polls.push({ seconds, coreSeconds: (user + system) / 1e6, peakMiB, summary });
    clock.nowMs += 60_000;
  }
  process.send?.(polls);
}

function kubeconfigIn(place: string): string {
  const file = join(place, 'kubeconfig.json');
  const text = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'bench' },
    clusters: [{ name: 'bench', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'bench', user: { token: 'token-of-the-bench' } }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
  };
  writeFileSync(file, JSON.stringify(text));
  return file;
}
