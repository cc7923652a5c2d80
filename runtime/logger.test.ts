import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from './logger.ts';

test('never writes a secret, wherever it stands', () => {
  const { lines, stream } = collect();
  const logger = createLogger('info', stream);
  logger.info({ settings: { password: 'hush', nested: { token: 'hush' } }, authorization: 'hush' }, 'started');
  logger.error({ err: new Error('cannot reach postgres://app:hush@db:5432/x') }, 'at https://me:hush@registry/');
  assert.equal(lines.length, 2);
  assert.ok(!lines.join('').includes('hush'), lines.join(''));
  assert.ok(lines.join('').includes('postgres://app:[redacted]@db:5432/x'));
});

test('writes JSON lines with a time and a level in words', () => {
  const { lines, stream } = collect();
  createLogger('warn', stream).warn({ partition: 3 }, 'slow');
  createLogger('warn', stream).info('not written');
  assert.equal(lines.length, 1);
  const line = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  assert.deepEqual({ ...line, time: null }, { level: 'warn', time: null, partition: 3, msg: 'slow' });
  assert.match(String(line['time']), /^\d{4}-\d\d-\d\dT/);
});

function collect() {
  const lines: string[] = [];
  return { lines, stream: { write: (line: string) => void lines.push(line) } };
}
