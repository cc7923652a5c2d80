import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFree } from '../../local/ports.ts';
import { runToEnd } from '../../local/run.ts';
import { startStack } from '../../local/stack.ts';
import { eventually, temporaryFolder } from '../integration/stack.ts';
import { endLeftovers, TEST_FOLDER } from './leftovers.ts';

test('ends the servers, processes and mounts that a test has left, and no others', async (t) => {
  const folder = temporaryFolder();
  const left = spawn('sleep', ['600'], { env: { ...process.env, [TEST_FOLDER]: folder } });
  const other = spawn('sleep', ['600'], { env: { ...process.env, [TEST_FOLDER]: `${folder}-not` } });
  t.after(() => other.kill());
  const { databaseUrl } = await startStack(join(folder, 'test', 'stack'), () => {});
  // Only root may mount; others have left none.
  mkdirSync(join(folder, 'mounted'));
  await runToEnd('mount', ['-t', 'tmpfs', 'tmpfs', join(folder, 'mounted')]);
  await endLeftovers(folder);
  await eventually('the process has ended', () => left.signalCode === 'SIGKILL');
  assert.equal(other.signalCode, null);
  assert.equal(existsSync(folder), false);
  assert.equal(await isFree(Number(new URL(databaseUrl).port)), true);
});
