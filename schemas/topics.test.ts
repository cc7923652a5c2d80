import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { topics } from './topics.ts';
import { topicsMarkdown } from './topics-table.ts';

test("the README's table of topics is the declaration", () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  assert.ok(
    readme.includes(topicsMarkdown('apportion.')),
    'README.md differs from schemas/topics.ts: paste what `npx apportion topics list --format markdown` prints.',
  );
});

test('every field of every record says what it is', () => {
  const undocumented: string[] = [];
  const visit = (schema: unknown, path: string): void => {
    if (Array.isArray(schema)) for (const branch of schema) visit(branch, path);
    if (typeof schema !== 'object' || schema === null) return;
    if ('fields' in schema && Array.isArray(schema.fields)) {
      for (const field of schema.fields) {
        if (typeof field.doc !== 'string' || field.doc === '') undocumented.push(`${path}.${field.name}`);
        visit(field.type, `${path}.${field.name}`);
      }
    }
    if ('items' in schema) visit(schema.items, `${path}[]`);
    if ('values' in schema) visit(schema.values, `${path}{}`);
  };
  for (const topic of topics) visit(topic.schema, topic.name);
  assert.deepEqual(undocumented, []);
});

test('topics that are joined by day are partitioned by day', () => {
  const byDay = topics.filter((topic) => topic.partitioning.by === 'day').map((topic) => topic.name);
  assert.deepEqual(byDay, ['usage-totals.v1', 'cost-reports.v1', 'statements.v1']);
});
