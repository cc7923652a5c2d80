import { existsSync, readFileSync } from 'node:fs';

const KIB_PER_MIB = 1024;

/**
 * The most memory that this process has had, in MiB. What the system counts for a child begins with what its parent had
 * when it forked it; `VmHWM` begins with the program (proc_pid_status(5)).
 */
export function peakMemoryMib(): number {
  const status = existsSync(STATUS) ? readFileSync(STATUS, 'utf8') : '';
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return (kib === undefined ? process.resourceUsage().maxRSS : Number(kib)) / KIB_PER_MIB;
}

const STATUS = '/proc/self/status';
