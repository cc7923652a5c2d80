import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../integration/stack.ts';
import { digestOf, type SoakReport, writeReport } from './soak-report.ts';

const right: SoakReport = {
  begun: '2026-11-26T00:00:00.000Z',
  seed: 1,
  asked: { lines: 10_000_000, faults: 1_000, hours: 12, processes: 2 },
  faults: { 'kill of a role': 500, 'full disk': 500 },
  missed: 0,
  lines: 10_000_123,
  records: 10_000_456,
  samples: 2_500_000,
  documents: 8_000,
  letters: 90,
  restarts: 700,
  fullDisk: 'file system',
  digests: { expected: 'a', postgres: 'a', subscriber: 'a' },
  differences: [],
  failure: null,
  seconds: 7_200,
};

const path = join(temporaryFolder(), 'report');
const written = (report: SoakReport): string => {
  writeReport(report, path);
  return readFileSync(`${path}.md`, 'utf8');
};

test('a soak is right only when it was compared and nothing differed', () => {
  assert.equal(writeReport(right, path), true);
  assert.equal(writeReport({ ...right, differences: ['in Postgres: x is missing'] }, path), false);
  assert.equal(writeReport({ ...right, failure: 'it ended' }, path), false);
});

test('the report says what came to pass, and what went wrong', () => {
  assert.match(written(right), /\*\*0 differences\*\*/);
  assert.match(written(right), /\| faults \| 1,000, and 0 that nobody met \|/);
  assert.match(written({ ...right, differences: ['in Postgres: x is missing'] }), /- in Postgres: x is missing/);
  assert.match(written({ ...right, failure: 'it ended' }), /0 differences\*\*, and it failed.*it ended/s);
  assert.match(written({ ...right, documents: 0, failure: 'it ended' }), /ended before its comparison.*it ended/s);
  const { differenceCount, seed } = JSON.parse(readFileSync(`${path}.json`, 'utf8'));
  assert.deepEqual([differenceCount, seed], [0, 1]);
});

test('a soak with fewer lines or faults than a full one is called shortened', () => {
  assert.doesNotMatch(written(right), /shortened/);
  assert.match(written({ ...right, lines: 9_999_999 }), /shortened/);
  assert.match(written({ ...right, faults: { 'kill of a role': 999 } }), /shortened/);
});

test('a digest is of all texts, in whatever order they came', () => {
  const entries = [
    ['a', '1'],
    ['b', '2'],
  ] as const;
  assert.equal(digestOf(new Map(entries)), digestOf(new Map(entries.toReversed())));
  assert.notEqual(
    digestOf(new Map(entries)),
    digestOf(
      new Map([
        ['a', '1'],
        ['b', '3'],
      ]),
    ),
  );
});
