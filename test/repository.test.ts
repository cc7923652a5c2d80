import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const SYMBOLIC_LINK = '120000';

test('the repository holds no symbolic links, which lead elsewhere in every clone, and nothing that is ignored', () => {
  const git = (...args: readonly string[]): readonly string[] =>
    execFileSync('git', ['ls-files', '-z', ...args], { cwd: join(import.meta.dirname, '..'), encoding: 'utf8' })
      .split('\0')
      .filter((line) => line !== '');
  const tracked = git('--stage');
  assert.ok(tracked.length > 100);
  assert.deepEqual(
    tracked.filter((line) => line.startsWith(SYMBOLIC_LINK)),
    [],
  );
  assert.deepEqual(git('--cached', '--ignored', '--exclude-standard'), []);
});
