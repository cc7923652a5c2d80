import assert from 'node:assert/strict';
import { test } from 'node:test';
import { table } from './table.ts';

test('a table lines its columns up, numbers to the right, without trailing blanks', () => {
  const text = table(
    [{ title: 'tenant' }, { title: 'cost', align: 'right' }, { title: 'note' }],
    [
      ['acme', '10.5', ''],
      ['münchen-ag', '1200', 'late'],
    ],
  );
  assert.equal(text, ['tenant      cost  note', 'acme        10.5', 'münchen-ag  1200  late'].join('\n'));
});

test('paint does not move a column', () => {
  const text = table([{ title: 'a' }, { title: 'b' }], [['x', 'y']], (cell) => `<${cell}>`);
  assert.equal(text, 'a  b\n<x>  <y>');
});
