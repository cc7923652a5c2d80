/** How much memory open identities take. */
import { join } from 'node:path';
import { runToEnd } from '../local/run.ts';
import { type Column, table } from '../runtime/terminal/table.ts';
import type { Benchmark } from './benchmark.ts';
import type { Memory } from './meter/identities-program.ts';

const PROGRAM = join(import.meta.dirname, 'meter/identities-program.ts');

export const memory: Benchmark = {
  name: 'memory',
  about: 'the meter in process, without Kafka: calls of 200 keys over 8 open days, until so many identities are open',
  async run({ size, say }) {
    const measureMillions = (millions: number): Promise<Memory> => {
      say(`${millions} million open identities`);
      return measure(Math.ceil(millions * 1e6 * size));
    };
    const five = await measureMillions(5);
    const ten = await measureMillions(10);
    return {
      figures: [
        {
          key: 'identity.bytes',
          what: 'memory of an identity, 10 million open',
          value: ten.bytesPerIdentity,
          unit: 'bytes',
          reach: { atMost: 40 },
        },
        {
          key: 'meter.peakMib',
          what: 'peak memory of the meter, 10 million identities open',
          value: ten.peakMib,
          unit: 'MiB',
          reach: { atMost: 512 },
        },
      ],
      details: memoryTable([five, ten]),
    };
  },
};

/** In a process of its own, so that nothing else is in its peak. */
async function measure(identities: number): Promise<Memory> {
  const { code, output } = await runToEnd(process.execPath, ['--expose-gc', PROGRAM, String(identities)]);
  if (code !== 0) throw new Error(`${identities} identities could not be measured:\n${output}`);
  return JSON.parse(output) as Memory;
}

function memoryTable(runs: readonly Memory[]): string {
  const titles = ['open identities', 'bytes each', 'peak MiB', 'MiB before', 'folds/s', 'longest fold ms'];
  return table(
    titles.map((title): Column => ({ title, align: 'right' })),
    runs.map(({ identities, bytesPerIdentity, peakMib, baseMib, seconds, longestFoldMs }) =>
      [identities, bytesPerIdentity, peakMib, baseMib, identities / seconds, longestFoldMs].map((value) =>
        (value < 100 ? Number(value.toFixed(1)) : Math.round(value)).toLocaleString('en'),
      ),
    ),
  );
}
