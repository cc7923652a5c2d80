import { closeSync, existsSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DataFolder, logFile, pidFile } from './data-folder.ts';
import { localError } from './errors.ts';
import { isFree, listenerOf } from './ports.ts';
import { endProcess, running, startProcess } from './process.ts';
import type { Server, Tools } from './server.ts';

const startLimitMs = 120_000;
const passingLimitMs = 15_000;
const portLimitMs = 3000;
const largestLogBytes = 16 * 1024 * 1024;
const quotedLines = 15;

/** Starts the server unless it runs, and returns when it answers. Errors name the server, and quote its log. */
export async function startServerProcess(
  server: Server,
  folder: DataFolder,
  tools: () => Promise<Tools>,
  report: (line: string) => void,
): Promise<void> {
  const begin = Date.now();
  const log = logFile(folder.path, server.name);
  if (await untilAnswers(server, folder, log, sizeOf(log))) {
    report(`${server.title} runs on ${server.address(folder)}`);
    return;
  }
  await demandFreePorts(server, folder);
  report(`Starting ${server.title}`);
  await server.prepare(folder, await tools());
  await startUntilAnswers(server, folder, await tools(), log);
  if (!folder.complete) {
    await server.furnish(folder);
  }
  report(`${server.title} answers on ${server.address(folder)} after ${((Date.now() - begin) / 1000).toFixed(1)} s`);
}

async function startUntilAnswers(server: Server, folder: DataFolder, tools: Tools, log: string): Promise<void> {
  const giveUpAt = Date.now() + passingLimitMs;
  rotate(log);
  for (;;) {
    const logBegin = sizeOf(log);
    startProcess(await server.command(folder, tools), pidFile(folder.path, server.name), log);
    if (await untilAnswers(server, folder, log, logBegin)) {
      return;
    }
    const said = textFrom(log, logBegin);
    if (server.passing === undefined || !server.passing.test(said) || Date.now() > giveUpAt) {
      throw ended(server, log, said);
    }
    await sleep(200);
  }
}

/** True when the process answers, false when there is none, or none any more. */
async function untilAnswers(server: Server, folder: DataFolder, log: string, logBegin: number): Promise<boolean> {
  const file = pidFile(folder.path, server.name);
  const end = Date.now() + startLimitMs;
  while (running(file) !== null) {
    if (await server.answers(folder)) {
      return true;
    }
    if (Date.now() > end) {
      await endProcess(file, 'SIGKILL', 1000);
      throw localError(
        'local_server_silent',
        `${server.title} did not answer within ${startLimitMs / 1000} s, and was killed. The end of ${log}:\n${lastLines(textFrom(log, logBegin))}`,
      );
    }
    await sleep(50);
  }
  return false;
}

/** A process that was killed holds its ports until its last thread is gone, a moment after it looks dead. */
async function demandFreePorts(server: Server, folder: DataFolder): Promise<void> {
  const end = Date.now() + portLimitMs;
  for (const port of server.ports(folder)) {
    while (!(await isFree(port))) {
      if (Date.now() > end) {
        throw localError(
          'local_port_taken',
          `${server.title} cannot have its port ${port}: ${listenerOf(port)} listens on it.`,
        );
      }
      await sleep(50);
    }
  }
}

function ended(server: Server, log: string, said: string): Error {
  const code = /No space left on device/i.test(said) ? 'local_disk_full' : 'local_server_crashed';
  return localError(code, `${server.title} ended while starting. The end of ${log}:\n${lastLines(said)}`);
}

/** Without the lines of stack traces, which would leave no room for what was said. */
function lastLines(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !/^\s+at /.test(line));
  return lines.slice(-quotedLines).join('\n');
}

/** A log that has grown large becomes the previous one, which is dropped. */
function rotate(log: string): void {
  if (sizeOf(log) > largestLogBytes) {
    renameSync(log, `${log}.previous`);
  }
}

function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}

function textFrom(file: string, begin: number): string {
  const bytes = Buffer.alloc(Math.min(sizeOf(file) - begin, 64 * 1024));
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, bytes, 0, bytes.length, sizeOf(file) - bytes.length);
  } finally {
    closeSync(descriptor);
  }
  return bytes.toString('utf8');
}
