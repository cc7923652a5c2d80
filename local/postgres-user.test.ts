import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { asPostgresUser } from './postgres-user.ts';
import { runToEnd } from './run.ts';

const home = mkdtempSync(join(tmpdir(), 'apportion-user-'));
after(() => rmSync(home, { recursive: true, force: true }));

for (const [name, mode] of [
  ['open', 0o755],
  ['closed to others', 0o700],
] as const) {
  test(`runs a program and writes data as another user than root, in a folder that is ${name}`, async () => {
    const folder = join(home, name);
    mkdirSync(folder);
    chmodSync(home, 0o755);
    chmodSync(folder, mode);
    // `test -x` asks by access(2), as Postgres does before it runs its own programs.
    const program = join(folder, 'program');
    writeFileSync(program, '#!/bin/sh\nid -u && test -x "$0" && touch "$1/file" && ls "$1"\n');
    chmodSync(program, 0o755);
    const data = join(folder, 'data');
    if (process.getuid?.() !== 0) mkdirSync(data);
    const command = await asPostgresUser({ file: program, args: [data], env: {}, cwd: folder }, data);
    const run = await runToEnd(command.file, command.args, undefined, { cwd: command.cwd, ...command.user });
    assert.equal(run.code, 0, run.output);
    const [user, file] = run.output.split('\n');
    assert.notEqual(user, '0');
    assert.equal(file, 'file');
  });
}
