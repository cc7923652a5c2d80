/** How fast documents reach Postgres. */
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { createLocalCodec } from '../runtime/kafka/codec.ts';
import { partitionOfText } from '../runtime/kafka/murmur2.ts';
import { createPool } from '../runtime/postgres/pool.ts';
import type { InputRecord, TaskId } from '../runtime/task.ts';
import { type Column, table } from '../runtime/terminal/table.ts';
import type { AttributionDocument } from '../schemas/attribution-document.ts';
import { attributions } from '../schemas/topics.ts';
import { createPostgresCommits } from '../sinks/postgres/commits.ts';
import { migrateReporting } from '../sinks/postgres/migrate.ts';
import { postgresSink } from '../sinks/postgres/sink.ts';
import { type Benchmark, median } from './benchmark.ts';
import { bareUpsert, createBareTable } from './sink/bare-upsert.ts';
import { platformDocuments } from './sink/platform.ts';

const PLATFORM = { tenants: 200, namespaces: 50, used: 5, services: 40, days: 28 };
/** Each has a task of its own, with a connection of its own. */
const PARTITIONS = 4;
const DAYS_PER_FLUSH = [1, 7, 28];
/** After the days, so that every revision goes into the history. */
const RECORDED_MS = Date.parse('2026-08-01T00:00:00Z');
/** What a task flushes at once when it catches up lies near this. */
const SHOWN_DAYS = 7;

const codec = createLocalCodec();
const DATABASE = 'apportion_bench_sink';

const EMPTY =
  'TRUNCATE bare_line, attribution, attribution_line, attribution_history, tenant_week, tenant_month, sink_offset';

export const sink: Benchmark = {
  name: 'sink',
  about: `documents of ${PARTITIONS} partitions into Postgres by the tasks of one process, through the real commits, roll-ups, history and offset included, beside a bare UNNEST upsert of the same lines over as many connections into an identical table; ${PLATFORM.tenants} tenants, ${PLATFORM.days} days`,
  async run({ stack, rounds, logger, say }) {
    await using closing = new AsyncDisposableStack();
    const { pool, described } = await openDatabase(stack.databaseUrl, logger, closing);
    const first = byPartition(platformDocuments(PLATFORM, 1));
    const second = byPartition(platformDocuments(PLATFORM, 2));
    const shapes: Shape[] = [];
    for (const days of DAYS_PER_FLUSH) {
      say(`${days} day${days === 1 ? '' : 's'} a flush`);
      shapes.push(...(await measure(pool, logger, days, rounds, first, second)));
    }
    const shown = shapes.find(({ days, kind }) => days === SHOWN_DAYS && kind === 'new');
    if (shown === undefined) throw new Error('The shape to show was not measured.');
    return {
      figures: [
        {
          key: 'sink.linesPerSecond',
          what: `sink, new lines, ${SHOWN_DAYS} days a flush, durable, roll-ups included`,
          value: median(shown.sink),
          unit: 'lines/s',
          reach: { atLeast: 60_000 },
        },
        {
          key: 'sink.vsBareUpsert',
          what: 'sink to a bare upsert of the same lines',
          value: ratioOf(shown),
          unit: 'x',
          reach: { atLeast: 0.6 },
        },
      ],
      details: `${described}\n${shapeTable(shapes)}`,
    };
  },
};

/** A database of its own, dropped at the end, and what Postgres says of itself. */
async function openDatabase(databaseUrl: string, logger: Logger, closing: AsyncDisposableStack) {
  const admin = closing.adopt(createPool({ databaseUrl, applicationName: 'bench', logger }), (it) => it.end());
  await admin.query(`CREATE DATABASE ${DATABASE}`);
  // Not by force: that is refused while the server itself vacuums there, which it otherwise ends.
  closing.defer(async () => void (await admin.query(`DROP DATABASE ${DATABASE}`)));
  const own = new URL(databaseUrl);
  own.pathname = DATABASE;
  const options = { databaseUrl: own.href, applicationName: 'bench', logger };
  const pool = closing.adopt(createPool(options), (it) => it.end());
  await migrateReporting(pool, logger);
  await pool.query(createBareTable);
  const { rows } = await pool.query<{ described: string }>(
    `SELECT split_part(version(), ' on ', 1) || ', synchronous_commit ' || current_setting('synchronous_commit')
      || ', fsync ' || current_setting('fsync') AS described`,
  );
  return { pool, described: rows[0]?.described ?? '' };
}

interface Shape {
  readonly days: number;
  readonly linesPerFlush: number;
  readonly kind: string;
  /** Lines a second, of each round. */
  readonly bare: readonly number[];
  readonly sink: readonly number[];
}

/** Of each round by itself, since the machine may have other work at times. */
function ratioOf({ bare, sink: ours }: Shape): number {
  return median(ours.map((perSecond, round) => perSecond / (bare[round] ?? Number.NaN)));
}

function shapeTable(shapes: readonly Shape[]): string {
  const titles = ['days a flush', 'lines a flush', 'lines are', 'bare lines/s', 'sink lines/s', 'ratio'];
  const columns = titles.map((title): Column => ({ title, align: title === 'lines are' ? 'left' : 'right' }));
  return table(
    columns,
    shapes.map((shape) => [
      shape.days.toString(),
      rounded(shape.linesPerFlush),
      shape.kind,
      rounded(median(shape.bare)),
      rounded(median(shape.sink)),
      ratioOf(shape).toFixed(2),
    ]),
  );
}

/** New lines into empty tables, then the same documents restated. */
async function measure(
  pool: Pool,
  logger: Logger,
  daysPerFlush: number,
  rounds: number,
  first: Partitioned,
  second: Partitioned,
): Promise<readonly Shape[]> {
  const kinds = [
    { kind: 'new', documents: first, bare: [] as number[], sink: [] as number[] },
    { kind: 'restated', documents: second, bare: [] as number[], sink: [] as number[] },
  ];
  const lines = first.flat(2).reduce((sum, document) => sum + document.lines.length, 0);
  for (let round = 0; round < rounds; round++) {
    await pool.query(EMPTY);
    const tasks = await Promise.all(first.map((_, partition) => openTask(pool, logger, partition)));
    for (const { documents, bare, sink } of kinds) {
      const flushes = documents.map((days) => flushesOf(days, daysPerFlush));
      const records = flushes.map((each, partition) => each.map((flush) => tasks[partition]?.recordsOf(flush) ?? []));
      const bareTurn = async (): Promise<void> => {
        const tookMs = await time(() => inParallel(flushes, (flush) => bareUpsert(pool, flush)));
        bare.push((lines / tookMs) * 1000);
      };
      const sinkTurn = async (): Promise<void> => {
        const tookMs = await time(() =>
          inParallel(records, async (flush, partition) => tasks[partition]?.write(flush)),
        );
        sink.push((lines / tookMs) * 1000);
      };
      // Each goes first every other time, so that neither always meets the other's dirty pages.
      for (const turn of round % 2 === 0 ? [bareTurn, sinkTurn] : [sinkTurn, bareTurn]) await turn();
    }
  }
  const linesPerFlush = (lines / PLATFORM.days / PARTITIONS) * daysPerFlush;
  return kinds.map(({ kind, bare, sink: ours }) => ({ days: daysPerFlush, linesPerFlush, kind, bare, sink: ours }));
}

/** Of each partition its days, and of each day its documents. */
type Partitioned = readonly (readonly AttributionDocument[][])[];

function byPartition(days: readonly AttributionDocument[][]): Partitioned {
  const partitionOf = ({ tenant }: AttributionDocument): number => partitionOfText(tenant, PARTITIONS);
  return Array.from({ length: PARTITIONS }, (_, partition) =>
    days.map((documents) => documents.filter((document) => partitionOf(document) === partition)),
  );
}

function flushesOf(days: readonly AttributionDocument[][], daysPerFlush: number): AttributionDocument[][] {
  const count = Math.ceil(days.length / daysPerFlush);
  return Array.from({ length: count }, (_, at) => days.slice(at * daysPerFlush, (at + 1) * daysPerFlush).flat());
}

/** The flushes of a partition one after the other, and partitions at the same time. */
async function inParallel<T>(
  partitions: readonly (readonly T[])[],
  write: (flush: T, partition: number) => Promise<void>,
): Promise<void> {
  await Promise.all(
    partitions.map(async (flushes, partition) => {
      for (const flush of flushes) await write(flush, partition);
    }),
  );
}

/** A task of the sink with its commits, as the host runs it. */
async function openTask(pool: Pool, logger: Logger, partition: number) {
  const id: TaskId = { processor: postgresSink.name, topics: [attributions.name], partition };
  const letters = { tell: async () => {}, close: async () => {} };
  const commits = createPostgresCommits({ pool, letters, logger });
  const topics = postgresSink.reads.filter(({ name }) => name === attributions.name);
  const task = postgresSink.createTask({}, { partition, topics, codec });
  task.restore(await commits.open(id));
  let offset = 0;
  return {
    recordsOf: (documents: readonly AttributionDocument[]): InputRecord[] =>
      documents.map((document) => ({
        topic: attributions.name,
        partition,
        offset: offset++,
        timestampMs: RECORDED_MS + document.revision,
        key: null,
        value: codec.encode(attributions, document),
        headers: [],
      })),
    write: async (records: readonly InputRecord[]): Promise<void> => {
      for (const record of records) task.fold(record);
      const flush = task.flush(0);
      if (flush !== null) await commits.commit(id, flush);
    },
  };
}

async function time(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function rounded(value: number): string {
  return Math.round(value).toLocaleString('en');
}
