import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually, temporaryFolder } from '../test/integration/stack.ts';
import { beginOf, endProcess, remembered, running, startProcess } from './process.ts';

test('ends a process that does not listen to its signal, when the limit is over', async () => {
  const { pidFile, logFile } = start('sh', ['-c', 'trap "" TERM; echo ready; while :; do sleep 1; done']);
  await eventually('the process ignores its signal', () => readFileSync(logFile, 'utf8').includes('ready'));
  const pid = remembered(pidFile)?.pid ?? 0;
  assert.notEqual(running(pidFile), null);
  await endProcess(pidFile, 'SIGTERM', 50);
  assert.equal(beginOf(pid), null);
  assert.equal(existsSync(pidFile), false);
});

test('takes no other process for the remembered one, and never ends it', async () => {
  const pidFile = join(temporaryFolder(), 'server.pid');
  writeFileSync(pidFile, JSON.stringify({ pid: process.pid, startedAt: '1', since: 'then' }));
  assert.equal(running(pidFile), null);
  await endProcess(pidFile, 'SIGKILL', 50);
  assert.equal(existsSync(pidFile), false);
});

test('remembers a process that has ended, and does not take it for running', async () => {
  const { pidFile } = start('true', []);
  await eventually('the process has ended', () => running(pidFile) === null);
  assert.notEqual(remembered(pidFile), null);
});

test('writes into the log why a file could not be run', async () => {
  const { logFile, pidFile } = start('/nowhere/server', []);
  await eventually('the log tells', () => readFileSync(logFile, 'utf8').includes('/nowhere/server'));
  assert.equal(running(pidFile), null);
});

function start(file: string, args: readonly string[]): { pidFile: string; logFile: string } {
  const folder = temporaryFolder();
  const pidFile = join(folder, 'server.pid');
  const logFile = join(folder, 'server.log');
  startProcess({ file, args, env: {}, cwd: folder }, pidFile, logFile);
  return { pidFile, logFile };
}
