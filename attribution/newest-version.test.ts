import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replacesTotal, replacesVersion } from './newest-version.ts';

test('the greater version stands, then the greater revision, and of equals the later', () => {
  const version = (calcVersion: number, revision: number) => ({ calcVersion, revision });
  assert.ok(replacesVersion(version(2, 0), version(1, 9)));
  assert.ok(!replacesVersion(version(1, 9), version(2, 0)));
  assert.ok(replacesVersion(version(1, 3), version(1, 2)));
  assert.ok(!replacesVersion(version(1, 2), version(1, 3)));
  assert.ok(replacesVersion(version(1, 2), version(1, 2)));
});

test('the total that was made from more of its input stands, and of equals the later', () => {
  assert.ok(replacesTotal({ through: 7 }, { through: 6 }));
  assert.ok(replacesTotal({ through: 7 }, { through: 7 }));
  assert.ok(!replacesTotal({ through: 6 }, { through: 7 }));
});
