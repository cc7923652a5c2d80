import type { ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DataFolder, logFile, pidFile } from './data-folder.ts';
import { localError } from './errors.ts';
import { isFree, listenerOf } from './ports.ts';
import { endProcess, running, startProcess } from './process.ts';
import type { Server, Tools } from './server.ts';

const startLimitMs = 120_000;
const passingLimitMs = 15_000;
const largestLogBytes = 16 * 1024 * 1024;
const quotedLines = 15;

/** Starts the server unless it runs, and returns when it answers. Errors name the server, and quote its log. */
export async function startServerProcess(
  server: Server,
  folder: DataFolder,
  tools: Tools | null,
  report: (line: string) => void,
): Promise<void> {
  const begin = Date.now();
  if (running(pidFile(folder.path, server.name)) !== null) {
    await untilAnswers(server, folder, null, sizeOf(logFile(folder.path, server.name)));
    report(`${server.title} runs on ${server.address(folder)}`);
    return;
  }
  if (tools === null) {
    throw localError('local_server_crashed', `${server.title} has ended just now.`);
  }
  await demandFreePorts(server, folder);
  report(`Starting ${server.title}`);
  await server.prepare(folder, tools);
  await startUntilAnswers(server, folder, tools);
  if (!folder.complete) {
    await server.furnish(folder);
  }
  report(`${server.title} answers on ${server.address(folder)} after ${((Date.now() - begin) / 1000).toFixed(1)} s`);
}

async function startUntilAnswers(server: Server, folder: DataFolder, tools: Tools): Promise<void> {
  const log = logFile(folder.path, server.name);
  const giveUpAt = Date.now() + passingLimitMs;
  for (;;) {
    rotate(log);
    const logBegin = sizeOf(log);
    const child = startProcess(await server.command(folder, tools), pidFile(folder.path, server.name), log);
    if (await untilAnswers(server, folder, child, logBegin)) {
      return;
    }
    const said = textFrom(log, logBegin);
    if (server.passing === undefined || !server.passing.test(said) || Date.now() > giveUpAt) {
      throw crashed(server, log, said);
    }
    await sleep(200);
  }
}

/** True when it answers, false when it has ended. */
async function untilAnswers(
  server: Server,
  folder: DataFolder,
  child: ChildProcess | null,
  logBegin: number,
): Promise<boolean> {
  const file = pidFile(folder.path, server.name);
  const end = Date.now() + startLimitMs;
  let failure: Error | null = null;
  child?.once('error', (error) => {
    failure = error;
  });
  while (!(await server.answers(folder))) {
    if (failure !== null) {
      throw localError('local_server_crashed', `${server.title} could not be started.`, failure);
    }
    if (running(file) === null) {
      return false;
    }
    if (Date.now() > end) {
      const log = logFile(folder.path, server.name);
      await endProcess(file, 'SIGKILL', 1000);
      throw localError(
        'local_server_silent',
        `${server.title} did not answer within ${startLimitMs / 1000} s. The end of ${log}:\n${lastLines(textFrom(log, logBegin))}`,
      );
    }
    await sleep(50);
  }
  return true;
}

async function demandFreePorts(server: Server, folder: DataFolder): Promise<void> {
  for (const port of server.ports(folder)) {
    if (!(await isFree(port))) {
      throw localError(
        'local_port_taken',
        `${server.title} cannot have its port ${port}: ${listenerOf(port)} listens on it.`,
      );
    }
  }
}

function crashed(server: Server, log: string, said: string): Error {
  const code = /No space left on device/i.test(said) ? 'local_disk_full' : 'local_server_crashed';
  return localError(code, `${server.title} ended while starting. The end of ${log}:\n${lastLines(said)}`);
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-quotedLines).join('\n');
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
