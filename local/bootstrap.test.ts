import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually, temporaryFolder } from '../test/integration/stack.ts';

test('runs the script on the Node that the project brings, with its arguments, output and exit code', async () => {
  const root = project({ 'node_modules/a': { version: '1.0.0' } });
  writeFileSync(join(root, 'script.mjs'), 'console.log(process.argv0, ...process.argv.slice(2)); process.exit(3);');
  const run = await end(bootstrap(root, 'script.mjs', '--once', 'two words'));
  assert.deepEqual(run, { code: 3, output: `${join(root, 'node_modules/node/bin/node')} --once two words\n` });
});

test('finds nothing missing where only optional packages of other platforms are', async () => {
  const root = project(
    { 'node_modules/a': { version: '1.0.0' } },
    { 'node_modules/b': { version: '1.0.0', optional: true } },
  );
  writeFileSync(join(root, 'script.mjs'), 'console.log("ran");');
  assert.deepEqual(await end(bootstrap(root, 'script.mjs')), { code: 0, output: 'ran\n' });
});

for (const [name, wanted] of [
  ['is missing', { 'node_modules/b': { version: '1.0.0' } }],
  ['has another version', { 'node_modules/a': { version: '1.0.1' } }],
] as const) {
  test(`asks npm for the packages when one ${name}, and says so when Node does not come with them`, async () => {
    const root = project({ 'node_modules/a': { version: '1.0.0' } }, wanted);
    const run = await end(bootstrap(root, 'script.mjs'));
    assert.equal(run.code, 1);
    // This project's package.json asks for nothing, so npm takes away even what was there.
    assert.match(run.output, /^Installing packages \(npm ci\) … /);
    assert.match(run.output, /Node 24 did not come with them: npm must be allowed to run their install scripts/);
  });
}

test('asks npm for the packages when a patch has come after them, and not when it was there before', async () => {
  const root = project({ 'node_modules/a': { version: '1.0.0' } });
  writeFileSync(join(root, 'script.mjs'), 'console.log("ran");');
  mkdirSync(join(root, 'patches'));
  const patch = join(root, 'patches', 'a+1.0.0.patch');
  writeFileSync(patch, '');
  const installedS = statSync(join(root, 'node_modules', '.package-lock.json')).mtimeMs / 1000;
  utimesSync(patch, installedS, installedS - 1);
  assert.deepEqual(await end(bootstrap(root, 'script.mjs')), { code: 0, output: 'ran\n' });
  utimesSync(patch, installedS, installedS + 1);
  assert.match((await end(bootstrap(root, 'script.mjs'))).output, /^Installing packages \(npm ci\) … /);
});

test("installs nothing through a link, since what lies there is somebody else's", async () => {
  const other = project({ 'node_modules/a': { version: '1.0.0' } });
  const root = project({}, { 'node_modules/b': { version: '1.0.0' } });
  rmSync(join(root, 'node_modules'), { recursive: true });
  symlinkSync(join(other, 'node_modules'), join(root, 'node_modules'));
  const run = await end(bootstrap(root, 'script.mjs'));
  assert.equal(run.code, 1);
  assert.match(run.output, /node_modules is a link to .*Remove the link/s);
  assert.ok(existsSync(join(other, 'node_modules/.package-lock.json')));
});

test('keeps what was compiled beside the packages, for the next run', async () => {
  const root = project({});
  writeFileSync(
    join(root, 'script.mjs'),
    'import { getCompileCacheDir } from "node:module"; console.log(getCompileCacheDir());',
  );
  const run = await end(bootstrap(root, 'script.mjs'));
  assert.ok(run.output.startsWith(join(root, 'node_modules/.cache/compiled')), run.output);
});

test('passes on the signal that ends it', async () => {
  const root = project({});
  writeFileSync(
    join(root, 'script.mjs'),
    'process.on("SIGTERM", () => { console.log("ended in good order"); process.exit(0); }); setInterval(() => {}, 1000); console.log("ready");',
  );
  const child = bootstrap(root, 'script.mjs');
  let output = '';
  child.stdout?.on('data', (text) => {
    output += text;
  });
  await eventually('the script runs', () => output.includes('ready'));
  child.kill('SIGTERM');
  await eventually('the bootstrap has ended', () => child.exitCode !== null || child.signalCode !== null);
  assert.equal(child.exitCode, 0);
  assert.match(output, /ended in good order/);
});

type Packages = Readonly<Record<string, { readonly version: string; readonly optional?: boolean }>>;

/** A project with this Node as the one that it brings. */
function project(installed: Packages, wanted: Packages = {}): string {
  const root = temporaryFolder();
  mkdirSync(join(root, 'local'));
  mkdirSync(join(root, 'node_modules', 'node', 'bin'), { recursive: true });
  copyFileSync(join(import.meta.dirname, 'bootstrap.mjs'), join(root, 'local', 'bootstrap.mjs'));
  symlinkSync(process.execPath, join(root, 'node_modules', 'node', 'bin', 'node'));
  const identity = { name: 'project', version: '1.0.0' };
  writeFileSync(join(root, 'package.json'), JSON.stringify(identity));
  const lock = (packages: Packages): string => JSON.stringify({ ...identity, lockfileVersion: 3, packages });
  writeFileSync(join(root, 'node_modules', '.package-lock.json'), lock(installed));
  writeFileSync(join(root, 'package-lock.json'), lock({ '': { version: '1.0.0' }, ...installed, ...wanted }));
  return root;
}

function bootstrap(root: string, ...args: readonly string[]): ChildProcess {
  // The tests themselves may have been started by one, whose folder is another.
  const { NODE_COMPILE_CACHE: _, ...env } = process.env;
  return spawn(process.execPath, [join(root, 'local', 'bootstrap.mjs'), ...args], { env });
}

async function end(child: ChildProcess): Promise<{ readonly code: number | null; readonly output: string }> {
  let output = '';
  const take = (text: Buffer): void => {
    output += text.toString();
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}
