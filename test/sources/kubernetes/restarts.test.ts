import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ApportionError } from '../../../runtime/errors.ts';
import { MINUTE, NOW, opened, pod } from './opened.ts';

const step = fc.record({
  seconds: fc.integer({ min: 1, max: 240 }),
  event: fc.constantFrom('poll', 'poll', 'restart', 'failed write', 'broken poll'),
});

/** So many of them reach over several windows. */
const STEPS = { minLength: 8, maxLength: 20 };

test('whenever a process is restarted, or a write or a poll fails, each second is metered once', {
  timeout: 240_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, STEPS), async (steps) => {
      await using at = await opened([pod({ name: 'a' })]);
      await at.polled.poll();
      for (const [index, { seconds, event }] of steps.entries()) {
        at.clock.nowMs += seconds * 1000;
        // What differs at each poll would give a window that is published twice two contents, which no reader forgives.
        const restless = pod({ name: 'b', usage: { cpu: `${index + 1}`, memory: `${index + 1}Gi` } });
        at.server.pods = [pod({ name: 'a' }), restless];
        if (event === 'restart') at.polled.restart();
        if (event === 'failed write') at.polled.memory.failure = new ApportionError('planted', 'It has gone.', 'Wait.');
        at.upstream.disturb = () => (event === 'broken poll' ? { kind: 'status', status: 400 } : null);
        await at.polled.poll().catch((error: unknown) => assert.equal((error as ApportionError).code, 'planted'));
        // Two of these in a row may make a gap that is too long: that is not what is shown here.
        at.upstream.disturb = () => null;
        await at.polled.poll();
      }
      const until = Math.floor(at.clock.nowMs / (5 * MINUTE)) * 5 * MINUTE;
      const seconds = (until - NOW) / 1000;
      assert.equal(at.sum('covered_seconds', '', ''), seconds);
      assert.equal(at.sum('pod_seconds', 'Pod/a'), seconds);
      assert.equal(at.sum('cpu_usage_millicore_seconds', 'Pod/a'), seconds * 120);
    }),
    { numRuns: 25 },
  );
});
