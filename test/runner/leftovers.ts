import { existsSync, globSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runToEnd } from '../../local/run.ts';
import { resetStack } from '../../local/stack.ts';

/** Tests make their folders in the folder that this variable names, and all that they start inherits it. */
export const TEST_FOLDER = 'TEST_FOLDER';

/**
 * Ends every stack and process that tests have left, since they were ended before they could, unmounts what they have
 * mounted, and removes the folder.
 */
export async function endLeftovers(folder: string): Promise<void> {
  const stacks = globSync('{*,*/*}/stack.json', { cwd: folder }).map((file) => join(folder, dirname(file)));
  await Promise.all(stacks.map((stack) => resetStack(stack, () => {})));
  for (const pid of processesOf(folder)) {
    process.kill(pid, 'SIGKILL');
  }
  for (const mounted of mountsBelow(folder)) await runToEnd('umount', ['--lazy', mounted]);
  rmSync(folder, { recursive: true, force: true });
}

/** Other processes whose environment names the folder. Found where the system shows environments, in /proc. */
function processesOf(folder: string): readonly number[] {
  const mark = `\0${TEST_FOLDER}=${folder}\0`;
  return (existsSync('/proc') ? readdirSync('/proc') : [])
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid && `\0${environmentOf(pid)}`.includes(mark));
}

/** proc_mounts(5): the second word of a line is where. */
function mountsBelow(folder: string): readonly string[] {
  const mounts = existsSync('/proc/mounts') ? readFileSync('/proc/mounts', 'utf8').split('\n') : [];
  return mounts.map((line) => line.split(' ')[1] ?? '').filter((mounted) => mounted.startsWith(`${folder}/`));
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    // It is gone, or not ours.
    return '';
  }
}
