/** All pollers at their sources, two weeks of played time, through Kafka to Postgres. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Random } from '../../local/demo/speech-platform/random.ts';
import { addDays, dayOf, formatDay } from '../../schemas/day.ts';
import { attributions, costReports, deadLetters, statements, usage } from '../../schemas/topics.ts';
import { type PipelineRun, withRun } from '../faults/pipeline-run.ts';
import { useAwsCredentials } from '../sources/aws-credentials.ts';
import { apportion } from './command.ts';
import { differencesIn } from './sources/differences.ts';
import { openSources } from './sources/open-sources.ts';
import { platformCatalog } from './sources/platform.ts';
import type { PlayedSource } from './sources/played-source.ts';
import { scriptOf } from './sources/script.ts';
import { eventually, testStack } from './stack.ts';

const SEED = 4;
const TURN_MS = 8 * 3_600_000;
const TURNS = 51;
/**
 * Always the same days, so that every run is the same: over the turn of a month, AWS's last word on it, and the day on
 * which Datadog knows what it has cost.
 */
const START = Date.parse('2026-03-31T00:20:00Z');
const END = START + (TURNS - 1) * TURN_MS;
/** Some sources begin with what lies two months back. */
const range = { from: addDays(dayOf(START), -70), to: dayOf(END) };
/** The days of the test must never be too old for a bill. */
const variables = { APPORTION_HORIZON_DAYS: '4000' };

useAwsCredentials();
const stack = await testStack();

test('two weeks of all sources come out to the last digit, and an identical poll changes nothing', {
  timeout: 240_000,
}, async (t) => {
  await withRun(
    stack,
    { catalog: platformCatalog(), range, pieceCount: 0, *pieces() {} },
    async (run) => {
      await using sources = await openSources(run.world, START);
      await Promise.all(run.start(['all']).map((role) => role.untilLive()));
      await play(sources.all);
      await run.settle();
      tellWhatHappened(t, sources.all);
      await check(t, run, sources.all);
    },
    { variables },
  );
});

async function play(sources: readonly PlayedSource[]): Promise<void> {
  const scripts = sources.map(({ name, hasServer }) => scriptOf(new Random(SEED, name), TURNS, hasServer));
  for (let turn = 0; turn < TURNS; turn++) {
    const atMs = START + turn * TURN_MS;
    await Promise.all(sources.map((source, index) => source.turn(atMs, scripts[index]?.[turn])));
  }
}

/** What never came about would be promised of nothing. */
function tellWhatHappened(t: TestContext, sources: readonly PlayedSource[]): void {
  const counts = new Map<string, number>();
  for (const [what, count] of sources.flatMap(({ happened }) => [...happened])) {
    counts.set(what, (counts.get(what) ?? 0) + count);
  }
  t.diagnostic([...counts].map(([what, count]) => `${what}: ${count}`).join(', '));
  const kinds = ['killed after a write', 'killed asking', 'killed before a write', 'lasting', 'passing', 'replaced'];
  assert.deepEqual([...counts.keys()].sort(), [...kinds, 'restate', 'vanish']);
}

async function check(t: TestContext, run: PipelineRun, sources: readonly PlayedSource[]): Promise<void> {
  const { pool } = run.world;

  await t.test('what stands of each source is what it says', async () => {
    for (const { name, truth } of sources) assert.ok(truth.size > 0, `${name} has something to say`);
    assert.deepEqual(await differencesIn(pool, range, sources), []);
    await run.audit();
    assert.deepEqual(await endsOf(run, deadLetters.name), [0, 0, 0, 0]);
  });

  await t.test(
    'usage decides who pays: tenants by their requests and logins, nobody for those that are unknown',
    async () => {
      const payers = async (driver: string) => {
        const text = `SELECT DISTINCT tenant, reason FROM attribution_line WHERE driver = $1 AND billed <> 0 ORDER BY 1`;
        return (await pool.query<{ tenant: string; reason: string }>(text, [driver])).rows;
      };
      const acme = { tenant: 'acme', reason: '' };
      const unknown = { tenant: '__unallocated__', reason: 'unknown_tenant' };
      assert.deepEqual(await payers('request@namespace'), [acme, { tenant: 'globex', reason: '' }]);
      assert.deepEqual(await payers('login@platform'), [unknown, acme]);
      const { rows } = await pool.query('SELECT DISTINCT method FROM attribution_line ORDER BY 1');
      assert.deepEqual(
        rows.map(({ method }) => method),
        ['cost', 'dedicated', 'even', 'fixed', 'leave', 'none', 'usage'],
      );
    },
  );

  await t.test('every source is said to be in order, in Postgres and by the command', async () => {
    const names = sources.map(({ name }) => name).sort();
    await eventually('the last status of each source', async () => {
      const { rows } = await pool.query(
        `SELECT poller FROM source_status WHERE state = 'ok' AND last_success_at >= $1 ORDER BY poller`,
        [new Date(END)],
      );
      assert.deepEqual(
        rows.map(({ poller }) => poller),
        names,
      );
      return true;
    });
    const { code, stdout, stderr } = await apportion(['sources', '--json'], run.env);
    assert.equal(code, 0, stderr);
    const told = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      told.map(({ poller, state }) => `${poller} ${state}`),
      names.map((name) => `${name} ok`),
    );
  });

  await t.test(
    'when all are polled again and nothing has changed, nothing is published and nothing computed',
    async () => {
      const before = await revisionsOf(run);
      await Promise.all(sources.map((source) => source.poll()));
      await run.settle();
      assert.deepEqual(await revisionsOf(run), before);
    },
  );

  await t.test('and a bill that is lost, or a sample that counts twice, would be told of', async () => {
    const publisher = await run.world.publisher();
    const day = dayOf(END);
    const lost = { source: 'oracle', account: '445566', day, currency: 'USD', status: 'estimated' } as const;
    await publisher.publish(costReports, [{ ...lost, observedAt: END + 1, lines: [] }]);
    const place = { tenant: 'acme', product: 'speech', cluster: 'prod-eu-1', namespace: 'asr', owner: 'service/asr' };
    const twice = {
      source: 'kong',
      sampleId: 'again',
      meter: 'request',
      windowStart: END,
      windowEnd: END,
      quantity: 7,
    };
    await publisher.publish(usage, [{ ...twice, ...place }]);
    await run.settle();
    const found = (await differencesIn(pool, range, sources)).map((fault) => fault.replace(/:.*/, ''));
    assert.deepEqual(found, [
      `charges of oracle 445566 ${formatDay(day)}`,
      'usage of ["request","acme","speech","prod-eu-1","asr"]',
      `statement of oracle 445566 ${formatDay(day)}`,
    ]);
  });
}

/** Changes whenever something is published to be computed, or computed. */
async function revisionsOf(run: PipelineRun): Promise<unknown> {
  const { pool } = run.world;
  const documents = await pool.query(
    'SELECT tenant, day::text, currency, slot, calc_version, revision, recorded_at FROM attribution_history ORDER BY 1, 2, 3, 4',
  );
  const stated = await pool.query(
    'SELECT day::text, currency, calc_version, revision, recorded_at FROM statement ORDER BY 1, 2',
  );
  const topics = [costReports, usage, attributions, statements].map(({ name }) => endsOf(run, name));
  return { documents: documents.rows, statements: stated.rows, ends: await Promise.all(topics) };
}

async function endsOf({ world }: PipelineRun, topic: string): Promise<readonly number[]> {
  const extents = await world.admin.extents(world.settings.topicPrefix + topic);
  return [...extents].toSorted(([a], [b]) => a - b).map(([, { end }]) => end);
}
