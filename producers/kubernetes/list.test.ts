import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { readList } from './list.ts';

const item = z.object({ namespace: z.string(), name: z.string() });
const page = (items: readonly string[] | null, next?: string): string =>
  JSON.stringify({ metadata: { continue: next }, items: items?.map((name) => ({ namespace: 'n', name })) ?? null });

test('a list ends with the page that leads nowhere, whether it has objects or not', async () => {
  const pages = new Map([
    [null, page(['a', 'b'], '1')],
    ['1', page([], '2')],
    ['2', page(null, '')],
  ]);
  const found = await readList('pods', item, async (mark) => pages.get(mark) ?? '');
  assert.deepEqual(
    found.map(({ name }) => name),
    ['a', 'b'],
  );
});

test('an object that comes twice would be counted twice: nothing of the list is used', async () => {
  const ask = async (mark: string | null) => page(['a'], mark === null ? '1' : '');
  await assert.rejects(readList('pods', item, ask), { code: 'source_garbled', message: 'pods: n/a comes twice.' });
});

test('what is no list is told with its place', async () => {
  for (const [text, message] of [
    ['<html>', /this is not JSON/],
    ['{"items":[]}', /metadata: /],
    ['{"metadata":{},"items":[{"namespace":"n"}]}', /items\.0\.name: /],
  ] as const) {
    await assert.rejects(
      readList('pods', item, async () => text),
      { code: 'source_garbled', message },
    );
  }
});
