import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryAfterMs } from './retry-after.ts';

const now = Date.parse('2026-03-10T06:00:00Z');
const pause = (status: number, headers: Record<string, string>): number | null =>
  retryAfterMs({ status, headers: new Headers(headers) }, now);

test('a server is left alone for the seconds, or until the date, that Retry-After names', () => {
  assert.equal(pause(503, { 'retry-after': '7' }), 7000);
  assert.equal(pause(503, { 'retry-after': 'Tue, 10 Mar 2026 06:00:09 GMT' }), 9000);
  assert.equal(pause(503, { 'retry-after': 'Tue, 10 Mar 2026 05:00:00 GMT' }), 0);
  assert.equal(pause(503, { 'retry-after': 'soon' }), null);
});

test('a limit of requests is waited for until it counts anew, by the clock of the server', () => {
  const reset = String(now / 1000 + 5);
  assert.equal(pause(429, { 'x-ratelimit-reset': reset }), 5000);
  assert.equal(pause(429, { 'x-ratelimit-reset': reset, date: 'Tue, 10 Mar 2026 06:00:03 GMT' }), 2000);
  assert.equal(pause(429, { 'x-ratelimit-reset': '4' }), 4000, 'some say in how many seconds');
  assert.equal(pause(429, { 'x-ratelimit-reset': reset, 'retry-after': '1' }), 1000);
  assert.equal(pause(429, { 'x-ratelimit-reset': 'soon' }), null);
});

test('no other failure is put off until the limit counts anew', () => {
  assert.equal(pause(500, { 'x-ratelimit-reset': String(now / 1000 + 5) }), null);
});
