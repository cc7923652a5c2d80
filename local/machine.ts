import { arch, cpus, release, totalmem, type } from 'node:os';

/** The machine in a line, for reports of what was measured on it. */
export function machineText(): string {
  const [cpu] = cpus();
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} × ${cpu?.model ?? 'CPU'}, ${memoryGiB} GiB, ${type()} ${release()} ${arch()}, Node ${process.version}`;
}
