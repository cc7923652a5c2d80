/** How fast a day is allocated, alone and in growing numbers of tenants. */
import { allocateDay } from '../attribution/allocate-day.ts';
import { table } from '../runtime/terminal/table.ts';
import { parseDay } from '../schemas/day.ts';
import type { Day } from '../schemas/scalars.ts';
import type { Benchmark } from './benchmark.ts';
import { catalogOf, inputsOf } from './platform-day.ts';

const DAY = parseDay('2026-11-20') ?? (0 as Day);
const NAMESPACES = 50;
const SERVICES = 40;
/** Shared namespaces that one tenant uses. */
const USED = 5;
const RUNS = 5;
const TENANTS = [1_000, 10_000, 30_000];

export const allocate: Benchmark = {
  name: 'allocate',
  about: `allocateDay in process: ${NAMESPACES} shared namespaces, ${SERVICES} external services, each tenant in ${USED} namespaces; documents and digests included`,
  async run({ size, say }) {
    const runs = TENANTS.map((tenants) => Math.ceil(tenants * size)).map((tenants) => {
      say(`${tenants.toLocaleString('en')} tenants`);
      return measure(tenants);
    });
    const [small, middle, large] = runs;
    if (small === undefined || middle === undefined || large === undefined) throw new Error('Nothing was measured.');
    return {
      figures: [
        {
          key: 'allocate.linesPerSecond',
          what: 'allocateDay, 10,000 tenants, per core',
          value: perSecond(middle),
          unit: 'lines/s',
          reach: { atLeast: 150_000 },
        },
        {
          key: 'allocate.30000To1000',
          what: 'allocateDay, a line of 30,000 tenants against one of 1,000',
          value: perSecond(large) / perSecond(small),
          unit: 'x',
        },
      ],
      details: table(
        ['tenants', 'lines', 'clock ms', 'core ms', 'lines/s per core'].map((title) => ({ title, align: 'right' })),
        runs.map((run) =>
          [run.tenants, run.lines, run.clockMs, run.coresMs, perSecond(run)].map((value) =>
            Math.round(value).toLocaleString('en'),
          ),
        ),
      ),
    };
  },
};

interface Run {
  readonly tenants: number;
  readonly lines: number;
  readonly clockMs: number;
  /** Of all cores, collecting garbage included: it does not suffer from whatever else the machine does. */
  readonly coresMs: number;
}

/** The best of some. */
function measure(tenants: number): Run {
  const platform = { tenants, namespaces: NAMESPACES, used: USED, services: SERVICES };
  const catalog = catalogOf(platform);
  const inputs = inputsOf(platform, DAY, 1);
  let [clockMs, coresMs, lines] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0];
  for (let run = 0; run < RUNS; run++) {
    const [start, usage] = [performance.now(), process.cpuUsage()];
    const { documents } = allocateDay(inputs, catalog);
    const { user, system } = process.cpuUsage(usage);
    clockMs = Math.min(clockMs, performance.now() - start);
    coresMs = Math.min(coresMs, (user + system) / 1000);
    lines = documents.reduce((count, document) => count + document.lines.length, 0);
  }
  return { tenants, lines, clockMs, coresMs };
}

function perSecond({ lines, coresMs }: Run): number {
  return (lines / coresMs) * 1000;
}
