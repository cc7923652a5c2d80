import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { apportion } from '../integration/command.ts';
import { ownStack } from '../integration/stack.ts';
import { differences } from './differences.ts';
import { withDisturbedRun } from './disturbed-run.ts';
import { faultInput } from './input.ts';
import { kinds, scenario } from './scenario.ts';

const CALLS = 50_000;
/** Short, so that much is under way when a fault comes, but so that ten processes still have time for it. */
const INTERVALS = { APPORTION_COMMIT_INTERVAL_MS: '250', APPORTION_OPEN_DAY_INTERVAL_MS: '250' };

// The code that processes are made of is compiled once, while servers start, and not by ten processes at once.
const [stack] = await Promise.all([ownStack(), apportion(['run', '--help'], {})]);
const input = faultInput({
  seed: 11,
  nowMs: Date.now(),
  calls: CALLS,
  days: 14,
  callsPerPiece: 25,
  changesCatalog: true,
});

// Most of the time each of them waits for the group to find out who is dead.
const timeout = 600_000;
describe(`what becomes of ${CALLS} calls follows from them alone`, { concurrency: true, timeout }, () => {
  for (const [who, processes, seed] of [
    ['one process of all roles, killed also while it takes up its work again', 'together', 28],
    ['three processes of each role', 3, 51],
  ] as const) {
    test(`when a fault of each kind comes over ${who}`, { timeout }, async () => {
      const say = teller(who);
      await withDisturbedRun(stack, input, { processes, variables: INTERVALS }, async (disturbed) => {
        const { run } = disturbed;
        await disturbed.send(scenario({ seed, faults: kinds.length }), ({ fault }, inflicted) => {
          say(`${inflicted}: ${JSON.stringify(fault)}`);
          assert.equal(inflicted, 'came', JSON.stringify(fault));
        });
        say('all is sent');
        await disturbed.undisturbed(async () => {
          const outcome = await run.outcome();
          say('settled');
          const expected = await run.expected();
          assert.ok(run.lines >= CALLS && expected.postgres.size > 500, 'documents and statements of two weeks');
          assert.deepEqual(differences(expected, outcome), []);
          say('compared');
          await run.audit();
        });
      });
    });
  }
});

/** Says when things happen; to be seen when the test fails. */
function teller(who: string): (text: string) => void {
  const begunMs = Date.now();
  return (text) => process.stdout.write(`${((Date.now() - begunMs) / 1000).toFixed(1)} s, ${who}: ${text}\n`);
}
