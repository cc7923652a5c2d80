import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../local/demo/speech-platform/random.ts';
import { testStack } from '../integration/stack.ts';
import { differences } from './differences.ts';
import { faultInput } from './input.ts';
import { withRun } from './pipeline-run.ts';
import { roleNames } from './scenario.ts';

const ROUNDS = 5;
const SEED = 23;

const stack = await testStack();
const input = faultInput({ seed: 11, nowMs: Date.now(), calls: 12_000, days: 14, callsPerPiece: 40 });

test('comes to the same when each role is killed five times, at random moments while calls stream in', {
  timeout: 280_000,
}, async () => {
  await withRun(stack, input, async (run) => {
    const roles = run.start(...roleNames.map((name) => [name]));
    const random = new Random(SEED, 'kills');
    for (let round = 0; round < ROUNDS; round++) {
      await Promise.all(roles.map((role) => role.untilLive()));
      // Data passes the roles in their order: whoever comes later has work only for as long as the others live.
      const victims = round % 2 === 0 ? roles.toReversed() : roles;
      const moments = victims.map(() => (round + 0.9 * random.fraction()) / ROUNDS).sort((a, b) => a - b);
      for (const [index, role] of victims.entries()) {
        await run.sendUntil(moments[index] ?? 0);
        // The next piece is on its way by then.
        const sending = run.sendPiece();
        role.kill();
        await sending;
      }
    }
    await run.sendUntil(1);
    const outcome = await run.outcome();
    assert.deepEqual(differences(await run.expected(), outcome), []);
    await run.audit();
    assert.deepEqual(
      roles.map(({ kills }) => kills),
      roles.map(() => ROUNDS),
    );
  });
});
