import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCommittedState, Position, readCatalogPosition } from './positions.ts';

test('has caught up where the topic ended at the takeover, markers included', () => {
  const position = new Position(3, 6);
  assert.ok(!position.isCaughtUp);
  position.fold(4);
  assert.ok(!position.isCaughtUp);
  position.advance(6);
  assert.ok(position.isCaughtUp);
});

test('never gives a revision below one that an earlier owner can have written', () => {
  const position = new Position(3, 6);
  position.fold(4);
  assert.equal(position.revision, 6);
  position.advance(8);
  assert.equal(position.revision, 6, 'markers say nothing of the inputs');
  position.fold(8);
  assert.equal(position.revision, 9);
});

test('never commits an offset below the one that was committed', () => {
  const position = new Position(3, 6);
  position.fold(0);
  assert.equal(position.next, 3);
});

test('knows a record that is delivered again', () => {
  const position = new Position(0, 0);
  assert.deepEqual(
    [position.fold(4), position.fold(3), position.fold(4), position.fold(5)],
    [true, false, false, true],
  );
});

test('reads back the catalog position, and takes it for 0 where it cannot be read', () => {
  const metadata = formatCommittedState({ catalog: 5, acceptance: '1/400' });
  assert.equal(readCatalogPosition([{ offset: 1, metadata }]), 5);
  assert.equal(readCatalogPosition([]), 0);
  for (const bad of ['', 'null', '{}', '{"catalog":-1}', '{"catalog":"5"}']) {
    assert.equal(
      readCatalogPosition([
        { offset: 1, metadata },
        { offset: 1, metadata: bad },
      ]),
      0,
      bad,
    );
  }
});

test('takes the catalog position for 0 where records were accepted by other rules, or nobody says by which', () => {
  const metadata = formatCommittedState({ catalog: 5, acceptance: '1/400' });
  assert.equal(readCatalogPosition([{ offset: 1, metadata }], '1/400'), 5);
  assert.equal(readCatalogPosition([{ offset: 1, metadata }], '1/800'), 0);
  assert.equal(readCatalogPosition([{ offset: 1, metadata: '{"catalog":5}' }], '1/400'), 0);
});
