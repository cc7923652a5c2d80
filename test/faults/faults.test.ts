import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ownStack } from '../integration/stack.ts';
import { differences } from './differences.ts';
import { withDisturbedRun } from './disturbed-run.ts';
import { faultInput } from './input.ts';
import { kinds, scenario } from './scenario.ts';

const CALLS = 50_000;
const SEED = 29;

const stack = await ownStack();
const input = faultInput({ seed: 11, nowMs: Date.now(), calls: CALLS, days: 14, callsPerPiece: 25 });

describe('what becomes of 50,000 calls follows from them alone, whatever fails', {
  concurrency: true,
  timeout: 280_000,
}, () => {
  for (const [index, processes] of (['together', 3] as const).entries()) {
    const of = processes === 'together' ? 'one process of all roles' : 'three processes of each role';
    test(`a fault of each kind, and ${of}`, async (t) => {
      const begunMs = Date.now();
      const tell = (text: string): void => t.diagnostic(`${((Date.now() - begunMs) / 1000).toFixed(1)} s: ${text}`);
      await withDisturbedRun(stack, input, { processes }, async (disturbed) => {
        const { run, disk } = disturbed;
        await disturbed.send(scenario({ seed: SEED + index, faults: kinds.length }), ({ kind, fault }) => {
          tell(`${kind} ${JSON.stringify(fault)}`);
        });
        tell(`all is sent; the full disk was a ${disk.how}`);
        const outcome = await run.outcome();
        tell('settled');
        const expected = await run.expected();
        tell('recomputed');
        assert.ok(run.lines >= CALLS && expected.postgres.size > 500, 'documents and statements of two weeks');
        assert.deepEqual(differences(expected, outcome), []);
        await run.audit();
        tell('audited');
      });
    });
  }
});
