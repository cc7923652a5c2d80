import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from './logger.ts';
import { Backoff, Outage, retry } from './retry.ts';

const silent = createLogger('silent');

test('tries again what is known to pass, and nothing else', async () => {
  let calls = 0;
  const options = {
    what: 'x',
    logger: silent,
    isTransient: (error: unknown) => String(error).includes('away'),
    firstMs: 1,
  };
  const result = await retry(options, async () => {
    if (++calls < 4) throw new Error('away');
    return 'here';
  });
  assert.deepEqual([result, calls], ['here', 4]);
  calls = 0;
  await assert.rejects(
    retry(options, async () => {
      calls++;
      throw new Error('wrong');
    }),
    /wrong/,
  );
  assert.equal(calls, 1);
});

test('stops waiting when it is told to', async () => {
  const stop = new AbortController();
  const options = {
    what: 'x',
    logger: silent,
    isTransient: () => true,
    firstMs: 1_000_000,
    limitMs: 1_000_000,
    signal: stop.signal,
  };
  const waiting = retry(options, async () => {
    setImmediate(() => stop.abort(new Error('stopped')));
    throw new Error('away');
  });
  await assert.rejects(waiting, (error: Error) => error.name === 'AbortError' || error.message === 'stopped');
});

test('pauses at most twice as long as before, up to the limit', () => {
  const backoff = new Backoff(10, 80);
  for (const bound of [10, 20, 40, 80, 80]) {
    const pause = backoff.nextMs();
    assert.ok(pause >= 0 && pause <= bound, `${pause} of ${bound}`);
  }
  backoff.reset();
  assert.ok(backoff.nextMs() <= 10);
});

test('says once per period what is away and since when, and once that it is back', () => {
  const lines: string[] = [];
  const logger = createLogger('info', { write: (line) => void lines.push(line) });
  let now = Date.parse('2026-01-01T00:00:00Z');
  const outage = new Outage('The registry', logger, () => now);
  outage.end();
  for (let second = 0; second <= 25; second++, now += 1000) outage.note(new Error('refused'));
  outage.end();
  outage.end();
  const texts = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  const away = 'The registry is away since 2026-01-01T00:00:00.000Z: trying again';
  assert.deepEqual(texts, [away, away, away, 'The registry is back after 26 s']);
});

test('says nothing of what is back within a second', () => {
  const lines: string[] = [];
  const logger = createLogger('info', { write: (line) => void lines.push(line) });
  let now = 0;
  const outage = new Outage('Kafka', logger, () => now);
  outage.note(new Error('the coordinator loads'));
  now = 999;
  outage.note(new Error('the coordinator loads'));
  outage.end();
  assert.deepEqual(lines, []);
});
