import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { appendToList } from './append-to-list.ts';

const added = [
  { id: 'b', name: 'B: "the" one', days: ['2026-03-10'] },
  { id: '007', name: 'yes' },
];

/** Texts in which the list is written in all the ways there are. */
const texts: Readonly<Record<string, string>> = {
  'a line each': '# who\ntenants:\n  - { id: a,   name: A }   # first\n  # a remark\n\nrules: []\n',
  'without indent': 'tenants:\n- id: a\n  name: "A"   # c\n  aliases:\n    - x  # y\n\n# about rules\nrules: [ ]\n',
  'a block of text at the end': 'tenants:\n  - id: a\n    name: |\n      A\nrules: []\n',
  'an empty value at the end': 'tenants:\n  - id: a\n    name:\nrules: []\n',
  'no line break at the end': 'tenants:\n  - id: a',
  'in brackets': 'tenants: [{ id: a }, { id: c }] # x\nrules: []\n',
  'in brackets, a line each': 'tenants: [\n    { id: a },   # x\n    { id: c },\n  ]\n',
  'empty brackets': 'tenants: []\nrules: []\n',
  JSON: '{\n  "tenants": [\n    { "id": "a" }\n  ],\n  "rules": []\n}\n',
};

for (const [name, text] of Object.entries(texts)) {
  test(`${name}: elements are appended, and nothing else is touched`, () => {
    const fed = appendToList(text, 'tenants', added) ?? '';
    const before = parse(text);
    assert.deepEqual(parse(fed), { ...before, tenants: [...before.tenants, ...added] });
    // All that was there is there still, in its order: what is new is one piece between.
    const start = [...text].findIndex((char, at) => fed[at] !== char);
    const head = start < 0 ? text.length : start;
    assert.ok(fed.endsWith(text.slice(head)) || fed.includes(text.slice(head)), fed);
    if (name === 'JSON') assert.deepEqual(JSON.parse(fed), parse(fed));
  });
}

test('an element has a line of its own, indented like the others', () => {
  const fed = appendToList(texts['a line each'] ?? '', 'tenants', added.slice(1)) ?? '';
  assert.match(fed, /\n {2}- \{ id: a, {3}name: A \} {3}# first\n {2}- \{ id: "007", name: yes \}\n {2}# a remark\n/);
});

test('without the list there is nothing to append to', () => {
  for (const text of ['rules: []\n', 'tenants:\n', 'tenants: a\n', '']) {
    assert.equal(appendToList(text, 'tenants', added), null);
  }
});
