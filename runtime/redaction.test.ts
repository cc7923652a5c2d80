import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hide, redact } from './redaction.ts';

test('a secret that was read is removed in every form in which texts carry it', () => {
  hide('pass"word/1 2');
  for (const form of ['pass"word/1 2', JSON.stringify({ key: 'pass"word/1 2' }), 'x?key=pass%22word%2F1%202&y']) {
    assert.ok(!/pass.*word/.test(redact(form)), redact(form));
    assert.match(redact(form), /\[redacted\]/);
  }
});

test('a text too short to be a secret removes nothing', () => {
  hide('a');
  assert.equal(redact('a day'), 'a day');
});

test('leaves addresses without a password as they are', () => {
  const text = 'http://registry:8081/apis, postgres://app@db/x, 127.0.0.1:9092, a@b:c';
  assert.equal(redact(text), text);
  assert.equal(redact('postgres://app:hush@db/x'), 'postgres://app:[redacted]@db/x');
});
