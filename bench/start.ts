/** How long somebody waits for the first cost of a tenant who has just installed the packages. */
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { formatAmount } from '../attribution/amount.ts';
import { speechInput } from '../commands/demo-inputs.ts';
import { environmentFile } from '../local/data-folder.ts';
import { resetStack } from '../local/stack.ts';
import { readSettings, requireDatabaseUrl } from '../runtime/config.ts';
import { table } from '../runtime/terminal/table.ts';
import type { Amount } from '../schemas/scalars.ts';
import { costReports } from '../schemas/topics.ts';
import type { Bench, Benchmark } from './benchmark.ts';
import { ApportionProcess } from './pipeline/apportion-process.ts';

const LOOK_EVERY_MS = 50;
/** SQLSTATE: the sink has not made its tables yet. */
const UNDEFINED_TABLE = '42P01';

export const start: Benchmark = {
  name: 'start',
  about:
    'npm start -- --once in an empty folder, packages installed: servers, topics, a generated platform of two weeks',
  async run(bench) {
    const { servers, first, all } = await measure(bench);
    return {
      figures: [
        {
          key: 'start.seconds',
          what: 'from nothing to the first attribution in Postgres',
          value: first,
          unit: 's',
          reach: { atMost: 30 },
        },
      ],
      details: `${table(
        [{ title: 'after' }, { title: 's', align: 'right' }],
        [
          ['all servers answer', servers.toFixed(1)],
          ['the first attribution is in Postgres', first.toFixed(1)],
          ['all is attributed and shown, and the servers have stopped', all.toFixed(1)],
        ],
      )}\n
The cost that it shows is that of the reports, and the difference is 0.`,
    };
  },
};

async function measure({ signal }: Bench) {
  const dataFolder = mkdtempSync(join(tmpdir(), 'apportion-bench-start-'));
  const begunMs = performance.now();
  const seconds = (): number => (performance.now() - begunMs) / 1000;
  const demo = new ApportionProcess(['demo', '--once', '--data', dataFolder], {});
  const ended = new AbortController();
  const watch = async () => {
    const file = environmentFile(dataFolder);
    const stop = AbortSignal.any([signal, ended.signal]);
    while (!existsSync(file)) await sleep(LOOK_EVERY_MS, undefined, { signal: stop });
    const servers = seconds();
    await untilAttributed(requireDatabaseUrl(readSettings({ env: {}, localFile: file })), stop);
    return { servers, first: seconds() };
  };
  try {
    // A demo that fails says why before the watch is given up.
    const [shown, reached] = await Promise.all([demo.ended.finally(() => ended.abort()), watch()]);
    await check(shown);
    return { ...reached, all: seconds() };
  } finally {
    await demo.stop();
    await resetStack(dataFolder, () => {});
  }
}

async function untilAttributed(databaseUrl: string, signal: AbortSignal): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    for (; ; await sleep(LOOK_EVERY_MS, undefined, { signal })) {
      const { rowCount } = await client.query('SELECT FROM attribution LIMIT 1').catch((error: { code?: unknown }) => {
        if (error.code === UNDEFINED_TABLE) return { rowCount: 0 };
        throw error;
      });
      if (rowCount === 1) return;
    }
  } finally {
    await client.end();
  }
}

async function check(shown: string): Promise<void> {
  const { reports, restatements } = await speechInput(Date.now());
  const standing = new Map([...reports, ...restatements].map((report) => [costReports.key(report), report]));
  const billed = [...standing.values()].flatMap(({ lines }) => lines).reduce((sum, line) => sum + line.billed, 0n);
  const [, found] = /^in +(\S+)$/m.exec(shown) ?? [];
  if (found?.replaceAll(',', '') !== formatAmount(billed as Amount) || !/^difference +0$/m.test(shown)) {
    throw new Error(`${formatAmount(billed as Amount)} was sent to the demo, but it says:\n${shown}`);
  }
}
