import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runToEnd } from '../../local/run.ts';
import { temporaryFolder } from '../integration/stack.ts';

const head = `import { describe, test } from 'node:test';`;

test('counts tests, not suites', async () => {
  const outcome = await outcomeOf(`${head} describe('s', () => { test('a', () => {}); test('b', () => {}); });`);
  assert.equal(outcome, '2 passed, 0 failed');
});

test('a failing test fails alone', async () => {
  const file = `${head} describe('s', () => { test('a', () => { throw new Error('no'); }); test('b', () => {}); });`;
  assert.equal(await outcomeOf(file), '1 passed, 1 failed');
});

test('each test is counted, however much there is to tell at the end', async () => {
  const many = `for (let n = 0; n < 2_000; n++) test('a'.repeat(1_000) + n, () => {});`;
  assert.equal(await outcomeOf(`${head} ${many} test('b', () => { throw 1; });`), '2000 passed, 1 failed');
});

test('a failing hook of a suite fails', async () => {
  const file = `${head} import { after } from 'node:test'; describe('s', () => { after(() => { throw new Error('no'); }); test('a', () => {}); });`;
  assert.equal(await outcomeOf(file), '1 passed, 1 failed');
});

test('a failing test counts, wherever it is written', async () => {
  const shared = temporaryFolder();
  const promises = join(shared, 'promises.ts');
  writeFileSync(promises, `${head} export const keep = () => { test('a', () => {}); test('b', () => { throw 1; }); };`);
  assert.equal(await outcomeOf(`import { keep } from ${JSON.stringify(promises)}; keep();`), '1 passed, 1 failed');
});

test('a skipped test and a test to be done fail', async () => {
  const file = `${head} test('a', { skip: true }, () => {}); test('b', { todo: true }, () => {}); test('c', () => {});`;
  assert.equal(await outcomeOf(file), '1 passed, 2 failed');
});

test('a file without tests fails', async () => {
  assert.equal(await outcomeOf('export {};'), '0 passed, 1 failed');
});

test('a file that cannot be loaded fails', async () => {
  assert.equal(await outcomeOf(`${head} test('a', () => {}); throw new Error('at import');`), '0 passed, 1 failed');
});

test('a test that hangs fails by its limit, and the others are still run', async () => {
  const file = `${head} test('a', () => new Promise(() => setInterval(() => {}, 1000))); test('b', () => {});`;
  assert.equal(await outcomeOf(file), '1 passed, 1 failed');
});

test('a file that blocks its process fails by the limit of the stage', async () => {
  assert.equal(await outcomeOf(`${head} test('a', () => { for (;;); });`, 3_000), '0 passed, 1 failed');
});

/** Runs the text as a file of tests, in a process that is not itself a test: node:test refuses to run tests within one. */
async function outcomeOf(text: string, stageMs = 60_000): Promise<string> {
  const folder = temporaryFolder();
  const file = join(folder, 'planted.test.ts');
  const script = join(folder, 'script.ts');
  writeFileSync(file, text);
  writeFileSync(
    script,
    `import { runTests } from ${JSON.stringify(join(import.meta.dirname, 'tests.ts'))};
     const { passed, failed } = await runTests('planted', [${JSON.stringify(file)}], { concurrency: 1, testMs: 1000, stageMs: ${stageMs} }, new AbortController().signal);
     console.log(passed + ' passed, ' + failed + ' failed');`,
  );
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { output } = await runToEnd(process.execPath, [script], undefined, { env });
  return output.trimEnd().split('\n').at(-1) ?? '';
}
