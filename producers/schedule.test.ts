import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { ApportionError } from '../runtime/errors.ts';
import { runOnSchedule } from './schedule.ts';

const silent = pino({ level: 'silent' });
const everySecond = '* * * * * *';

test('a job runs at once, again when its time comes, and stops with the signal', async () => {
  const stop = new AbortController();
  let runs = 0;
  const job = {
    name: 'count',
    cron: everySecond,
    jitterMs: 0,
    run: async () => {
      runs += 1;
      if (runs === 2) stop.abort();
    },
  };
  await runOnSchedule(job, silent, stop.signal);
  assert.equal(runs, 2);
});

test('a run that fails as known is logged, and the next one tries again', async () => {
  const stop = new AbortController();
  const logged: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) });
  let runs = 0;
  const run = async (): Promise<void> => {
    runs += 1;
    if (runs === 2) stop.abort();
    else throw new ApportionError('away', 'The bill is not there.', 'Wait for it.');
  };
  await runOnSchedule({ name: 'bill', cron: everySecond, jitterMs: 0, run }, logger, stop.signal);
  assert.equal(runs, 2);
  assert.match(logged.join(''), /bill: The bill is not there\./);
});

test('an error that nobody foresaw ends the role', async () => {
  const run = (): Promise<void> => Promise.reject(new TypeError('a defect'));
  const job = { name: 'bill', cron: everySecond, jitterMs: 0, run };
  await assert.rejects(runOnSchedule(job, silent, new AbortController().signal), TypeError);
});
