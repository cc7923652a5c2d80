import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDay } from '../schemas/day.ts';
import type { Day } from '../schemas/scalars.ts';
import { catalogDifferenceText } from './catalog-difference-text.ts';

const day = (text: string): Day => parseDay(text) as Day;

test('says which days a catalog touches, the last ones included', () => {
  const touches = [
    { from: null, to: day('2026-01-01') },
    { from: day('2026-02-01'), to: day('2026-02-02') },
    { from: day('2026-05-01'), to: day('2026-06-01') },
    { from: day('2026-07-01'), to: null },
  ];
  assert.equal(
    catalogDifferenceText({ differs: true, changes: ['rule gpu: changed'], touches }),
    'rule gpu: changed\nTouches: days up to 2025-12-31; 2026-02-01; days 2026-05-01 to 2026-05-31; days from 2026-07-01 on.',
  );
});

test('says that all days or none are touched, and that nothing changes', () => {
  const all = [{ from: null, to: null }];
  assert.equal(catalogDifferenceText({ differs: true, changes: [], touches: all }), 'Touches: all days.');
  assert.equal(catalogDifferenceText({ differs: true, changes: [], touches: [] }), 'Touches: no day.');
  assert.match(catalogDifferenceText({ differs: false, changes: [], touches: [] }), /^Nothing changes/);
});
