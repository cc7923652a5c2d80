/**
 * How fast documents reach Postgres: `npm run bench:sink`. The sink as it runs (decoding, guards, lines, history, weeks
 * and months, offset) against a bare UNNEST upsert of the same lines into a table like the sink's, flush by flush of
 * the same documents, in turns. Durable commits. Uses APPORTION_DATABASE_URL, or the local stack.
 */
import { availableParallelism, cpus } from 'node:os';
import type { Pool } from 'pg';
import { startStack } from '../local/stack.ts';
import { createLocalCodec } from '../runtime/kafka/codec.ts';
import { createLogger } from '../runtime/logger.ts';
import { createPool } from '../runtime/postgres/pool.ts';
import type { InputRecord, TaskId } from '../runtime/task.ts';
import { table } from '../runtime/terminal/table.ts';
import type { AttributionDocument } from '../schemas/attribution-document.ts';
import { attributions } from '../schemas/topics.ts';
import { createPostgresCommits } from '../sinks/postgres/commits.ts';
import { migrateReporting } from '../sinks/postgres/migrate.ts';
import { postgresSink } from '../sinks/postgres/sink.ts';
import { bareUpsert, createBareTable } from './sink/bare-upsert.ts';
import { platformDocuments } from './sink/platform.ts';

/** The tenants of one of four partitions, of 200 in all. */
const PLATFORM = { tenants: 50, namespaces: 50, used: 5, services: 40, days: 28 };
const DAYS_PER_FLUSH = [1, 7, 28];
/** After the days, so that every revision goes into the history. */
const RECORDED_MS = Date.parse('2026-08-01T00:00:00Z');
const ROUNDS = 5;

const logger = createLogger('warn');
const codec = createLocalCodec();
const DATABASE = 'apportion_bench_sink';

const EMPTY =
  'TRUNCATE bare_line, attribution, attribution_line, attribution_history, tenant_week, tenant_month, sink_offset';

await main();

async function main(): Promise<void> {
  const databaseUrl = process.env['APPORTION_DATABASE_URL'] ?? (await startStack('.local', console.error)).databaseUrl;
  await using closing = new AsyncDisposableStack();
  const admin = closing.adopt(createPool({ databaseUrl, applicationName: 'bench', logger }), (it) => it.end());
  const dropDatabase = () => admin.query(`DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`);
  await dropDatabase();
  await admin.query(`CREATE DATABASE ${DATABASE}`);
  closing.defer(async () => void (await dropDatabase()));
  const own = new URL(databaseUrl);
  own.pathname = DATABASE;
  const options = { databaseUrl: own.href, applicationName: 'bench', logger };
  const pool = closing.adopt(createPool(options), (it) => it.end());
  await migrateReporting(pool, logger);
  await pool.query(createBareTable);
  await describe(pool);

  const first = platformDocuments(PLATFORM, 1);
  const second = platformDocuments(PLATFORM, 2);
  const rows: string[][] = [];
  for (const days of DAYS_PER_FLUSH) rows.push(...(await measure(pool, days, first, second)));
  const titles = ['days/flush', 'lines/flush', 'lines are', 'bare lines/s', 'sink lines/s', 'ratio'];
  const columns = titles.map((title) => ({
    title,
    align: title === 'lines are' ? ('left' as const) : ('right' as const),
  }));
  console.log(table(columns, rows));
}

async function describe(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ version: string; durable: string }>(
    `SELECT version() AS version, current_setting('synchronous_commit') || ', fsync ' || current_setting('fsync') AS durable`,
  );
  console.log(
    `${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}\n` +
      `${rows[0]?.version.split(' on ')[0]}, synchronous_commit ${rows[0]?.durable}\n` +
      `${PLATFORM.tenants} tenants, ${PLATFORM.days} days; medians of ${ROUNDS} rounds\n`,
  );
}

/** New lines into empty tables, then the same documents restated. */
async function measure(
  pool: Pool,
  daysPerFlush: number,
  first: readonly AttributionDocument[][],
  second: readonly AttributionDocument[][],
): Promise<string[][]> {
  const kinds = [
    { kind: 'new', documents: first, bare: [] as number[], sink: [] as number[] },
    { kind: 'restated', documents: second, bare: [] as number[], sink: [] as number[] },
  ];
  const lines = first.flat().reduce((sum, document) => sum + document.lines.length, 0);
  for (let round = 0; round < ROUNDS; round++) {
    await pool.query(EMPTY);
    const task = await openTask(pool);
    for (const { documents, bare, sink } of kinds) {
      let bareMs = 0;
      let sinkMs = 0;
      for (let day = 0; day < documents.length; day += daysPerFlush) {
        const flush = documents.slice(day, day + daysPerFlush).flat();
        const records = task.recordsOf(flush);
        const bareTurn = async (): Promise<void> => {
          bareMs += await time(() => bareUpsert(pool, flush));
        };
        const sinkTurn = async (): Promise<void> => {
          sinkMs += await time(() => task.write(records));
        };
        // Each goes first every other time, so that neither always meets the other's dirty pages.
        const turns = (day / daysPerFlush + round) % 2 === 0 ? [bareTurn, sinkTurn] : [sinkTurn, bareTurn];
        for (const turn of turns) await turn();
      }
      bare.push((lines / bareMs) * 1000);
      sink.push((lines / sinkMs) * 1000);
    }
  }
  const linesPerFlush = (lines / PLATFORM.days) * daysPerFlush;
  return kinds.map(({ kind, bare, sink }) => [
    daysPerFlush.toString(),
    rounded(linesPerFlush),
    kind,
    rounded(median(bare)),
    rounded(median(sink)),
    (median(sink) / median(bare)).toFixed(2),
  ]);
}

/** A task of the sink with its commits, as the host runs it. */
async function openTask(pool: Pool) {
  const id: TaskId = { processor: postgresSink.name, topics: [attributions.name], partition: 0 };
  const publisher = { publish: async () => {}, close: async () => {} };
  const commits = createPostgresCommits({ pool, publisher, logger });
  const topics = postgresSink.reads.filter(({ name }) => name === attributions.name);
  const task = postgresSink.createTask({}, { partition: 0, topics, codec });
  task.restore(await commits.open(id));
  let offset = 0;
  return {
    recordsOf: (documents: readonly AttributionDocument[]): InputRecord[] =>
      documents.map((document) => ({
        topic: attributions.name,
        partition: 0,
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

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
