import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { temporaryFolder } from '../test/integration/stack.ts';
import { withLock } from './lock.ts';
import { beginOf } from './process.ts';

const silently = (): void => {};

const stale = {
  'of a process that is gone': JSON.stringify({ pid: 4_194_305, startedAt: '1', since: 'then' }),
  'whose process id now belongs to another': JSON.stringify({ pid: process.pid, startedAt: '1', since: 'then' }),
  'that was never written whole': '{"pid":',
};

for (const [name, text] of Object.entries(stale)) {
  test(`takes over a lock ${name}`, async () => {
    const file = join(temporaryFolder(), 'lock');
    writeFileSync(file, text);
    assert.equal(await withLock(file, silently, async () => 'done'), 'done');
    assert.equal(existsSync(file), false);
  });
}

test('waits no longer than its limit for a holder that lives, and names it', async () => {
  const file = join(temporaryFolder(), 'lock');
  writeFileSync(file, JSON.stringify({ pid: process.pid, startedAt: beginOf(process.pid), since: 'noon' }));
  const told: string[] = [];
  await assert.rejects(
    withLock(
      file,
      (line) => told.push(line),
      async () => assert.fail('two at once'),
      100,
    ),
    {
      code: 'local_busy',
      message: new RegExp(`Process ${process.pid} .* since noon`),
    },
  );
  assert.deepEqual(told, [`Waiting for process ${process.pid}, which is changing this stack`]);
  assert.equal(existsSync(file), true);
});

test('lets one work at a time, and frees the lock when the work fails', async () => {
  const file = join(temporaryFolder(), 'lock');
  let working = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    working++;
    most = Math.max(most, working);
    await turn();
    working--;
    throw new Error('failed');
  };
  const all = Array.from({ length: 5 }, () => withLock(file, silently, work));
  const outcomes = await Promise.allSettled(all);
  assert.equal(
    outcomes.filter((outcome) => outcome.status === 'rejected' && outcome.reason.message === 'failed').length,
    5,
  );
  assert.equal(most, 1);
});
