import assert from 'node:assert/strict';
import { it } from 'node:test';
import { total } from './testing/build.ts';
import { summarizeUsage } from './usage-summary.ts';

it('adds up every key of a meter, and counts a call under both of its meters', () => {
  const call = { meter: 'call_duration', topic: 'calls.v1' };
  const usage = summarizeUsage([
    total({ ...call, tenant: 'a', quantity: 100n, callCount: 2, duplicates: 3, conflicting: 1 }),
    total({ ...call, tenant: 'b', quantity: 2n ** 60n, callCount: 0, late: 2 }),
    total({ meter: 'login', quantity: 5n, duplicates: 1 }),
    total({ meter: 'bytes', quantity: 0n }),
  ]);
  assert.deepEqual(usage, [
    { meter: 'bytes', quantity: 0n, late: 0, conflicting: 0, duplicates: 0 },
    { meter: 'call_count', quantity: 2n, late: 2, conflicting: 1, duplicates: 3 },
    { meter: 'call_duration', quantity: 2n ** 60n + 100n, late: 2, conflicting: 1, duplicates: 3 },
    { meter: 'login', quantity: 5n, late: 0, conflicting: 0, duplicates: 1 },
  ]);
});

it('counts refused lines for the meter that they were for, without any quantity', () => {
  const usage = summarizeUsage([
    total({ meter: 'late', refusedMeter: 'call_duration', identity: 'gw/1', callCount: 1, late: 1 }),
    total({ meter: 'duplicate', refusedMeter: 'call_duration', identity: 'gw/2@9', callCount: 1, duplicates: 1 }),
    total({ meter: 'conflicting', refusedMeter: 'login', identity: 'auth0/3@4', conflicting: 1 }),
  ]);
  assert.deepEqual(usage, [
    { meter: 'call_count', quantity: 0n, late: 1, conflicting: 0, duplicates: 1 },
    { meter: 'call_duration', quantity: 0n, late: 1, conflicting: 0, duplicates: 1 },
    { meter: 'login', quantity: 0n, late: 0, conflicting: 1, duplicates: 0 },
  ]);
});
