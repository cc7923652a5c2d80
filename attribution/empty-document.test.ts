import assert from 'node:assert/strict';
import { it } from 'node:test';
import { documentDigest } from './document-text.ts';
import { emptyDocument } from './empty-document.ts';
import { D } from './testing/build.ts';

it('an empty document has no lines, totals of 0, and the digest of its status alone', () => {
  const stamp = { calcVersion: 2, revision: 12 };
  assert.deepEqual(emptyDocument('acme', { day: D, currency: 'USD', status: 'final', stamp }), {
    day: D,
    tenant: 'acme',
    currency: 'USD',
    status: 'final',
    billed: 0n,
    effective: 0n,
    calcVersion: 2,
    revision: 12,
    digest: documentDigest('final', []),
    lines: [],
  });
});
