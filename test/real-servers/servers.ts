import { readFileSync } from 'node:fs';
import type { ProgramFolders, ProgramName } from './build/build-programs.ts';
import { realKubernetes, realMoto, tellKubernetes, tellMoto } from './environment.ts';
import { startKubernetes, stopKubernetes } from './kubernetes.ts';
import { startMoto } from './moto.ts';
import { stop } from './supervised.ts';

/** A third-party server, or a set of them, that tests may ask for. */
export interface RealServer {
  readonly name: string;
  /** The function of environment.ts by which a test asks for it. */
  readonly askedBy: () => unknown;
  readonly programs: readonly ProgramName[];
  /** Starts it in the folder, and tells tests where it is. */
  start(programs: ProgramFolders, folder: string): Promise<void>;
  /** Ends what was started, all of it or not. */
  stop(folder: string): Promise<void>;
}

const realServers: readonly RealServer[] = [
  {
    name: 'moto',
    askedBy: realMoto,
    programs: ['moto'],
    start: async (programs, folder) => tellMoto(await startMoto(programs, folder)),
    stop: (folder) => stop(folder, 'moto'),
  },
  {
    name: 'kubernetes',
    askedBy: realKubernetes,
    programs: ['etcd', 'kwok', 'metricsServer', 'kubernetes'],
    start: async (programs, folder) => tellKubernetes(await startKubernetes(programs, folder)),
    stop: stopKubernetes,
  },
];

/** What the test files ask for: their text names the function. */
export function serversOf(files: readonly string[]): readonly RealServer[] {
  const texts = files.map((file) => readFileSync(file, 'utf8'));
  return realServers.filter(({ askedBy }) => texts.some((text) => text.includes(`${askedBy.name}()`)));
}
