import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { formatDay } from '../../schemas/day.ts';
import { attributions, catalogs, costReports, statements, usageTotals } from '../../schemas/topics.ts';
import { differences } from '../faults/differences.ts';
import { faultInput } from '../faults/input.ts';
import type { Outcome } from '../faults/outcome.ts';
import { type PipelineRun, withRun } from '../faults/pipeline-run.ts';
import { apportion, type Ended, startApportion } from './command.ts';
import { eventually, testStack } from './stack.ts';

const stack = await testStack();
const input = faultInput({ seed: 11, nowMs: Date.now(), calls: 12_000, days: 14, callsPerPiece: 40 });
const RANGE = ['--from', formatDay(input.range.from), '--to', formatDay(input.range.to)];

/** Runs with everything sent and in Postgres. */
async function withAll(action: (run: PipelineRun) => Promise<void>): Promise<void> {
  await withRun(stack, input, async (run) => {
    await Promise.all(run.start(['all']).map((role) => role.untilLive()));
    await run.sendUntil(1);
    await run.settle();
    await action(run);
  });
}

async function replayed(run: PipelineRun, ...args: readonly string[]): Promise<Ended> {
  const ended = await apportion(['replay', ...RANGE, ...args], run.env);
  assert.equal(ended.code, 0, ended.stderr);
  return ended;
}

/** Where the live topics end that a replay might write to. */
async function endsOf({ world }: PipelineRun): Promise<readonly string[]> {
  const { admin } = world;
  const ends = [attributions, statements, usageTotals, costReports, catalogs].map(async ({ name }) => {
    const extents = await admin.extents(world.settings.topicPrefix + name);
    return `${name} ${[...extents].map(([partition, { end }]) => `${partition}:${end}`).join()}`;
  });
  return Promise.all(ends);
}

async function shadowsOf({ world }: PipelineRun): Promise<readonly string[]> {
  const topics = await world.admin.topics();
  return [...topics.keys()].filter((name) => name.startsWith(`${world.settings.topicPrefix}replay-`));
}

const lateLines = (outcome: Outcome): number =>
  [...outcome.postgres.values()].reduce((sum, text) => {
    const counts = [...text.matchAll(/"late":(\d+)/g)].map(([, count]) => Number(count));
    return sum + counts.reduce((a, b) => a + b, 0);
  }, 0);

describe('replay', { timeout: 280_000, concurrency: true }, () => {
  /** What comes of the same input where no day ever closes, so that nothing is late. */
  let timely: Outcome;

  before(async () => {
    await withRun(
      stack,
      input,
      async (run) => {
        await Promise.all(run.start(['all']).map((role) => role.untilLive()));
        await run.sendUntil(1);
        timely = await run.outcome();
      },
      { variables: { APPORTION_OPEN_DAYS: '400' } },
    );
    assert.equal(lateLines(timely), 0);
  });

  test('says what late lines change, touches nothing that is live, and leaves nothing behind', async () => {
    await withAll(async (run) => {
      const ends = await endsOf(run);
      const { stdout } = await replayed(run);
      assert.match(stdout, /\d+ documents computed, [1-9]\d* differ from what stands\.\nNothing was changed\./);
      assert.deepEqual(await endsOf(run), ends);
      assert.deepEqual(await shadowsOf(run), []);
    });
  });

  test('one that is killed goes on where it was, and promoted it stands as if nothing had been late', async () => {
    await withAll(async (run) => {
      assert.ok(lateLines(await run.outcome()) > 0);
      const slow = startApportion(['replay', ...RANGE, '--promote', '--max-rate', '2000'], run.env);
      await eventually('the replay has begun', async () => (await shadowsOf(run)).length > 0, 60_000);
      const { world } = run;
      const [shadow = ''] = await shadowsOf(run);
      const prefix = shadow.slice(0, shadow.indexOf('.', world.settings.topicPrefix.length) + 1);
      const calls = `${world.settings.topicPrefix}calls.v1`;
      await eventually(
        'some of it is committed',
        async () => {
          const committed = await world.admin.committed(`${prefix}meter`, [calls]);
          return [...(committed.get(calls)?.values() ?? [])].some(({ offset }) => offset > 0);
        },
        60_000,
      );
      slow.kill('SIGKILL');

      const { stdout } = await replayed(run, '--promote');
      assert.match(stdout, /Promoted as version 2: \d+ documents, \d+ usage totals\./);
      const after = await run.outcome();
      assert.deepEqual(differences({ ...timely, letters: [] }, { ...after, letters: [] }), []);
      await run.audit();
      assert.deepEqual(await shadowsOf(run), []);
      const again = await replayed(run);
      assert.match(again.stdout, /^No document differs\.$/m);
    });
  });

  test('what comes after a promotion stands, with the version of the promotion', async () => {
    await withRun(stack, input, async (run) => {
      await Promise.all(run.start(['all']).map((role) => role.untilLive()));
      await run.sendUntil(0.95);
      await run.settle();
      await replayed(run, '--promote');
      await run.sendUntil(1);
      await run.settle();
      await replayed(run, '--promote');
      assert.deepEqual(differences({ ...timely, letters: [] }, { ...(await run.outcome()), letters: [] }), []);
      await run.audit();
      const { rows } = await run.world.pool.query('SELECT DISTINCT calc_version FROM attribution WHERE lines > 0');
      assert.deepEqual(rows, [{ calc_version: 3 }]);
    });
  });
});
