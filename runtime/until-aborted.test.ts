import assert from 'node:assert/strict';
import { test } from 'node:test';
import { untilAborted } from './until-aborted.ts';

const never = new Promise<never>(() => {});

test('work that does not end is waited for until the signal is aborted', async () => {
  const aborting = new AbortController();
  const waiting = untilAborted(aborting.signal, never);
  aborting.abort(new Error('planted'));
  await assert.rejects(waiting, { message: 'planted' });
  await assert.rejects(untilAborted(aborting.signal, never), { message: 'planted' });
});

test('work that ends gives its result, and work that fails its error', async () => {
  const { signal } = new AbortController();
  assert.equal(await untilAborted(signal, Promise.resolve(7)), 7);
  await assert.rejects(untilAborted(signal, Promise.reject(new Error('planted'))), { message: 'planted' });
});
