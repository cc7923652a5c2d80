import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../../runtime/http/problem.ts';
import { InFlight } from './in-flight.ts';

test('room is given up to the limit, and given back once', () => {
  const inFlight = new InFlight(100);
  const first = inFlight.reserve(60);
  inFlight.reserve(40);
  assert.throws(
    () => inFlight.reserve(1),
    (error) => error instanceof Problem && error.status === 429,
  );
  first.shrinkTo(10);
  first.shrinkTo(50);
  assert.equal(inFlight.bytes, 50);
  first.release();
  assert.equal(inFlight.bytes, 40);
  inFlight.reserve(60);
  assert.equal(inFlight.bytes, 100);
});

test('room stays taken until everybody who holds it is through', () => {
  const inFlight = new InFlight(100);
  const room = inFlight.reserve(60);
  room.hold();
  room.release();
  assert.equal(inFlight.bytes, 60);
  room.release();
  assert.equal(inFlight.bytes, 0);
});
