import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runToEnd } from '../../local/run.ts';
import { temporaryFolder } from '../integration/stack.ts';

test('what is left of a run that is interrupted passes, and the run fails', async () => {
  const { code, lines } = await runOf(`async (folder, interrupted) => {
    console.log(folder);
    process.kill(process.pid, 'SIGTERM');
    await new Promise((resolve) => interrupted.addEventListener('abort', resolve));
    return { passed: 1, failed: 0 };
  }`);
  assert.deepEqual([code, lines.at(-1)], [1, '1 passed, 1 failed']);
  assert.equal(existsSync(lines[0] ?? ''), false);
});

test('a run in which nothing failed ends well, and its folder goes with it', async () => {
  const { code, lines } = await runOf(`async (folder) => {
    console.log(folder);
    return { passed: 2, failed: 0 };
  }`);
  assert.deepEqual([code, lines.at(-1)], [0, '2 passed, 0 failed']);
  assert.match(lines[0] ?? '', /planted-/);
  assert.equal(existsSync(lines[0] ?? ''), false);
});

test('a run whose reader leaves ends early, and its folder goes with it', async () => {
  const script = scriptOf(`async (folder, interrupted) => {
    for (; !interrupted.aborted; await new Promise(setImmediate)) console.log(folder);
    return { passed: 2, failed: 0 };
  }`);
  const { output } = await runToEnd('sh', ['-c', `"${process.execPath}" "${script}" | head -n 1`]);
  assert.match(output, /^.*planted-.*\n$/);
  assert.equal(existsSync(output.trimEnd()), false);
});

async function runOf(run: string): Promise<{ readonly code: number | null; readonly lines: readonly string[] }> {
  const { code, output } = await runToEnd(process.execPath, [scriptOf(run)]);
  return { code, lines: output.trimEnd().split('\n') };
}

function scriptOf(run: string): string {
  const script = join(temporaryFolder(), 'script.ts');
  const module = JSON.stringify(join(import.meta.dirname, 'whole-run.ts'));
  // The waiting promise alone keeps no process alive.
  writeFileSync(
    script,
    `import { wholeRun } from ${module};
     const alive = setInterval(() => {}, 1000);
     await wholeRun('planted', ${run});
     clearInterval(alive);`,
  );
  return script;
}
