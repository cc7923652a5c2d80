/**
 * What a data folder holds: stack.json (made first, `complete` last), env, kafka/, kafka.properties, postgres/, logs/,
 * one .pid file per server, and lock while somebody changes something. Nothing else in the folder is ours or touched.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { localError } from './errors.ts';
import { choosePorts } from './ports.ts';

export const serverNames = ['postgres', 'kafka', 'registry'] as const;
export type ServerName = (typeof serverNames)[number];

const portNames = [...serverNames, 'kafkaController'] as const;
const stateFormat = 1;

const stateShape = z.strictObject({
  format: z.number().int(),
  /** Kafka's cluster id: 16 bytes in base64url. */
  clusterId: z.string(),
  /** Of all users of this Postgres. */
  password: z.string(),
  ports: z.partialRecord(z.enum(portNames), z.number().int().min(1).max(65_535)),
  /** Whether all servers have answered once: before that, their folders are thrown away at the next start. */
  complete: z.boolean(),
});

export interface DataFolder {
  /** Absolute. */
  readonly path: string;
  readonly clusterId: string;
  readonly password: string;
  readonly ports: Readonly<Record<(typeof portNames)[number], number>>;
  readonly complete: boolean;
}

/** Reads the folder, or makes it. Ports that are not remembered are chosen and remembered. */
export async function openDataFolder(folder: string): Promise<DataFolder> {
  const path = resolve(folder);
  const state = readState(path) ?? newState(path);
  const missing = portNames.filter((name) => state.ports[name] === undefined);
  const chosen = await choosePorts(missing.length);
  const port = (name: (typeof portNames)[number]): number => state.ports[name] ?? chosen[missing.indexOf(name)] ?? 0;
  const ports = {
    postgres: port('postgres'),
    kafka: port('kafka'),
    registry: port('registry'),
    kafkaController: port('kafkaController'),
  };
  const opened = { path, clusterId: state.clusterId, password: state.password, ports, complete: state.complete };
  if (missing.length > 0) {
    saveDataFolder(opened);
  }
  return opened;
}

/** The folder as it stands; null when no stack was ever started in it. */
export async function findDataFolder(folder: string): Promise<DataFolder | null> {
  return existsSync(stateFile(resolve(folder))) ? openDataFolder(folder) : null;
}

export function saveDataFolder(folder: DataFolder): void {
  const { path, ...state } = folder;
  writeWhole(stateFile(path), `${JSON.stringify({ format: stateFormat, ...state }, null, 2)}\n`);
}

/** Writes a file that only this user may read, so that a reader finds the old or the new text and nothing between. */
export function writeWhole(file: string, text: string): void {
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, text, { mode: 0o600 });
  renameSync(unfinished, file);
}

export const pidFile = (path: string, name: ServerName): string => join(path, `${name}.pid`);
export const logFile = (path: string, name: ServerName): string => join(path, 'logs', `${name}.log`);
export const environmentFile = (path: string): string => join(path, 'env');
const stateFile = (path: string): string => join(path, 'stack.json');

/** Throws away what an unfinished first start has left. */
export function removeServerData(path: string): void {
  for (const name of ['kafka', 'kafka.properties', 'postgres', 'postgres.password']) {
    rmSync(join(path, name), { recursive: true, force: true });
  }
}

/** Removes all that is ours, and the folder where that was all. */
export function removeDataFolder(path: string): void {
  removeServerData(path);
  const files = serverNames.map((name) => pidFile(path, name));
  for (const file of [...files, join(path, 'logs'), environmentFile(path), stateFile(path)]) {
    rmSync(file, { recursive: true, force: true });
  }
  removeIfEmpty(path);
}

export function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Somebody keeps other things there.
  }
}

type State = z.output<typeof stateShape>;

function readState(path: string): State | null {
  const file = stateFile(path);
  if (!existsSync(file)) {
    return null;
  }
  const state = parseState(file);
  if (state.format > stateFormat) {
    throw localError('local_data_newer', `${path} was made by a newer version of Apportion (format ${state.format}).`);
  }
  const lost = ['kafka/meta.properties', 'postgres/PG_VERSION'].filter((part) => !existsSync(join(path, part)));
  if (state.complete && lost.length > 0) {
    throw localError(
      'local_data_incomplete',
      `${path} has lost ${lost.join(' and ')}, without which the rest is of no use.`,
    );
  }
  return state;
}

function parseState(file: string): State {
  try {
    return stateShape.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw localError(
      'local_data_incomplete',
      `${file} is damaged: it is not what \`apportion local start\` writes.`,
      error,
    );
  }
}

function newState(path: string): State {
  const left = ['kafka', 'postgres'].filter((name) => existsSync(join(path, name)));
  if (left.length > 0) {
    throw localError(
      'local_data_incomplete',
      `${path} holds ${left.join(' and ')} of a stack, but its stack.json is gone.`,
    );
  }
  mkdirSync(path, { recursive: true });
  return {
    format: stateFormat,
    clusterId: randomBytes(16).toString('base64url'),
    password: randomBytes(18).toString('base64url'),
    ports: {},
    complete: false,
  };
}
