import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Random } from '../../local/demo/speech-platform/random.ts';
import { createPublisher } from '../../runtime/kafka/publisher.ts';
import { readTopic } from '../../runtime/kafka/read-topic.ts';
import { deadLetters } from '../../schemas/topics.ts';
import { testStack } from '../integration/stack.ts';
import { differences } from './differences.ts';
import { faultInput } from './input.ts';
import type { Outcome } from './outcome.ts';
import { type PipelineRun, roleNames, withRun } from './pipeline-run.ts';
import type { SupervisedRole } from './supervised-role.ts';

const KILLS = 5;
const SEED = 23;

const stack = await testStack();
const input = faultInput(Date.now());

// Each has topics and a database of its own, and mostly waits for the group to find out who is dead.
describe('what has become of the input is the same to the last byte', { concurrency: true, timeout: 280_000 }, () => {
  let undisturbed: Outcome;

  before(async () => {
    undisturbed = await withRun(stack, input, async (run) => {
      await Promise.all(run.start(['all']).map((role) => role.untilLive()));
      await run.send(0, 1);
      const outcome = await run.outcome();
      await run.audit();
      return outcome;
    });
    assert.ok(undisturbed.postgres.size > 500, 'documents and statements of two weeks');
    assert.deepEqual(
      new Set(undisturbed.letters.map(({ processor }) => processor)),
      new Set(['meter', 'attribute', 'postgres-sink']),
    );
    assert.deepEqual(differences(undisturbed, undisturbed), []);
  });

  test('when each role is killed five times, at random moments while calls stream in', async (t) => {
    await withRun(stack, input, async (run) => {
      const roles = run.start(...roleNames.map((name) => [name]));
      const random = new Random(SEED, 'kills');
      for (let round = 0; round < KILLS; round++) {
        await Promise.all(roles.map((role) => role.untilLive()));
        // Data passes the roles in their order: whoever comes later has work only for as long as the others live.
        const victims = round % 2 === 0 ? roles.toReversed() : roles;
        t.diagnostic(await sendAndKill(run, round / KILLS, (round + 1) / KILLS, victims, random));
      }
      assert.deepEqual(differences(undisturbed, await run.outcome()), []);
      await run.audit();
      assert.deepEqual(
        roles.map(({ kills }) => kills),
        [KILLS, KILLS, KILLS],
      );
    });
  });

  test('when one process that runs all roles is killed, also while it takes up its work again', async (t) => {
    await withRun(stack, input, async (run) => {
      const [all] = run.start(['all']);
      assert.ok(all !== undefined);
      const random = new Random(SEED, 'all');
      await all.untilLive();
      t.diagnostic(await sendAndKill(run, 0, 0.4, [all], random));
      await all.untilSaid('that it starts', (line) => line.endsWith(' starts'));
      all.kill();
      await all.untilLive();
      t.diagnostic(await sendAndKill(run, 0.4, 0.8, [all], random));
      await run.send(0.8, 1);
      assert.deepEqual(differences(undisturbed, await run.outcome()), []);
      await run.audit();
    });
  });

  test('when there are two processes of each role, the second of which come in the middle', async () => {
    await withRun(stack, input, async (run) => {
      const first = run.start(...roleNames.map((name) => [name]));
      await Promise.all(first.map((role) => role.untilLive()));
      await run.send(0, 0.3);
      const second = run.start(...roleNames.map((name) => [name]));
      await Promise.all([run.send(0.3, 0.7), ...second.map((role) => role.untilLive())]);
      await run.send(0.7, 1);
      assert.deepEqual(differences(undisturbed, await run.outcome()), []);
      await run.audit();
    });
  });

  test('and the comparison tells of a call that is lost, a line that is missing, and a letter that stands twice', async () => {
    const short = { ...input, pieces: input.pieces.with(7, { ...piece(7), calls: piece(7).calls.slice(1) }) };
    const lost = piece(7).calls[0];
    assert.ok(lost !== undefined);
    await withRun(stack, short, async (run) => {
      await Promise.all(run.start(['all']).map((role) => role.untilLive()));
      await run.send(0, 1);
      const without = await run.outcome();
      const found = differences(undisturbed, without);
      for (const where of ['in Postgres', 'for a subscriber']) {
        assert.ok(
          found.some((difference) => difference.startsWith(`${where}: ["${dayText(lost.startedAt)}"`)),
          where,
        );
      }

      await run.world.pool.query(
        'DELETE FROM attribution_line WHERE (day, tenant, line) = (SELECT day, tenant, line FROM attribution_line LIMIT 1)',
      );
      await repeatOneLetter(run);
      const [line, letter, ...others] = differences(without, await run.outcome());
      assert.match(line ?? '', /^in Postgres: \["/);
      assert.match(letter ?? '', /^as dead letters: .* stands 2 times$/);
      assert.deepEqual(others, []);
      await assert.rejects(run.audit(), /a document = the sum of its lines/);
    });
  });
});

/**
 * Sends a part of the input, and kills each of the victims, in their order, when a random number of calls of that part
 * is acknowledged. The next piece is on its way by the time that they die.
 */
async function sendAndKill(
  run: PipelineRun,
  from: number,
  to: number,
  victims: readonly SupervisedRole[],
  random: Random,
): Promise<string> {
  const lines = Math.round((to - from) * run.lines);
  const begin = run.acknowledged;
  const moments = victims.map(() => begin + random.integer(1, Math.floor(lines * 0.9))).sort((a, b) => a - b);
  const left = victims.map((role, index) => ({ role, at: moments[index] ?? 0 }));
  await run.send(from, to, () => {
    while (left[0] !== undefined && run.acknowledged >= left[0].at) left.shift()?.role.kill();
  });
  assert.deepEqual(left, [], 'all victims were killed');
  return victims.map((role, index) => `${role.name} killed after ${moments[index]} calls`).join(', ');
}

function piece(index: number) {
  const found = input.pieces[index];
  assert.ok(found !== undefined);
  return found;
}

function dayText(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}

/** The first letter of a processor once more, as one that is repeated would stand. */
async function repeatOneLetter({ world }: PipelineRun): Promise<void> {
  const { kafka, settings, logger } = world;
  const codec = await world.codec();
  const values: Buffer[] = [];
  await readTopic(kafka, settings.topicPrefix + deadLetters.name, ({ value }) => void (value && values.push(value)));
  const letters = values.map((value) => codec.decode(deadLetters, value));
  const letter = letters.find((one) => 'processor' in one && one.processor === 'meter');
  assert.ok(letter !== undefined && 'processor' in letter);
  const publisher = createPublisher({ kafka, codec, prefix: settings.topicPrefix, logger });
  await publisher.publish(deadLetters, [letter]);
  await publisher.close();
}
