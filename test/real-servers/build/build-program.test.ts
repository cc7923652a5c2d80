import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../../integration/stack.ts';
import { buildProgram } from './build-program.ts';
import { buildGo } from './go.ts';
import { type BuildTools, type Program, programFolder } from './program.ts';
import { buildPython } from './python.ts';

const tools: BuildTools = { goFolder: '/nowhere', report: () => {}, interrupted: new AbortController().signal };

test('what is built stands under a name that its source alone decides', async () => {
  const { cache, program } = planted();
  const folder = programFolder(cache, program);
  await buildProgram(program, cache, tools);
  assert.deepEqual(readdirSync(folder), ['binary']);
  assert.equal(programFolder(cache, planted().program), programFolder(cache, program));
  writeFileSync(join(program.source, 'sub', 'version'), '2');
  assert.notEqual(programFolder(cache, program), folder);
});

test('a build that fails half-way leaves nothing', async () => {
  const { cache, program } = planted();
  const failing: Program = {
    ...program,
    build: async (source, target) => {
      await program.build(source, target, tools);
      throw new Error('planted');
    },
  };
  await assert.rejects(buildProgram(failing, cache, tools), /planted/);
  assert.deepEqual(readdirSync(cache), []);
});

test('without Go or Python the error says what to install', async (t) => {
  withoutTools(t);
  const folder = temporaryFolder();
  await assert.rejects(buildGo(folder, folder, { etcd: '.' }, [], tools), { code: 'real_go_missing' });
  await assert.rejects(buildPython(folder, folder, tools), { code: 'real_python_missing' });
});

/** A program that is built without tools, in a cache of its own. */
function planted(): { readonly cache: string; readonly program: Program } {
  const cache = temporaryFolder();
  const source = temporaryFolder();
  mkdirSync(join(source, 'sub'));
  writeFileSync(join(source, 'sub', 'version'), '1');
  const build: Program['build'] = async (_, target) => writeFileSync(join(target, 'binary'), '');
  return { cache, program: { name: 'toy', title: 'toy 1', source, build } };
}

function withoutTools(t: TestContext): void {
  const { PATH: path = '' } = process.env;
  process.env['PATH'] = temporaryFolder();
  t.after(() => {
    process.env['PATH'] = path;
  });
}
