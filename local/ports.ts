import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { basename } from 'node:path';

/** Below the range from which systems take the ports of outgoing connections: a remembered port stays free. */
const lowest = 20_000;
const highest = 31_999;

/** So many different ports on which nobody listens now. */
export async function choosePorts(count: number): Promise<readonly number[]> {
  const chosen = new Set<number>();
  while (chosen.size < count) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest + 1));
    if (!chosen.has(port) && (await isFree(port))) {
      chosen.add(port);
    }
  }
  return [...chosen];
}

/** Whether a server could listen on this port of 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Whether anybody on this machine takes connections at the port. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** Who listens on the port, as `java (process 123)`; a plain word where the system does not tell. */
export function listenerOf(port: number): string {
  const inode = listeningInode(port);
  const pid = inode === null ? null : ownerOfSocket(inode);
  if (pid === null) {
    return 'another process';
  }
  const file = readText(`/proc/${pid}/cmdline`).split('\0')[0] ?? '';
  return `${basename(file)} (process ${pid})`;
}

/** proc_net(5): local address in hexadecimal, state 0A is listening, the tenth column is the inode. */
function listeningInode(port: number): string | null {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readText(file).split('\n')) {
      const columns = line.trim().split(/\s+/);
      if (columns[1]?.endsWith(suffix) && columns[3] === '0A') {
        return columns[9] ?? null;
      }
    }
  }
  return null;
}

function ownerOfSocket(inode: string): string | null {
  for (const pid of entries('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const descriptor of entries(`/proc/${pid}/fd`)) {
      if (linkOf(`/proc/${pid}/fd/${descriptor}`) === `socket:[${inode}]`) {
        return pid;
      }
    }
  }
  return null;
}

// Processes come and go while they are looked at, and those of others may not be read: both mean "not this one".

function entries(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
