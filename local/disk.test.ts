import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../test/integration/stack.ts';
import { demandSpace, explained } from './disk.ts';
import { startStack } from './stack.ts';

test('a disk with too little space is refused before anything is started, even for a folder that is not there yet', () => {
  // This file system says that it has no space at all.
  assert.throws(() => demandSpace('/proc/none/yet'), { code: 'local_disk_full', message: /has 0 MiB free/ });
});

test('a disk that runs full is told as such', async () => {
  await assert.rejects(
    explained('/data', async () => writeFileSync('/dev/full', 'text')),
    { code: 'local_disk_full', message: /disk of \/data is full: ENOSPC/ },
  );
});

test('a folder that cannot be one is told as such', async () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, 'text');
  await assert.rejects(
    startStack(file, () => {}),
    { code: 'local_folder_unusable', message: /cannot be used as data folder/ },
  );
});

test('other errors stay what they are', async () => {
  const error = new Error('other');
  await assert.rejects(
    explained('/data', () => Promise.reject(error)),
    error,
  );
});
