import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sourceStatuses } from '../../../schemas/topics.ts';
import { sourceStatus } from './records.ts';
import { freshSink } from './sink-world.ts';

const sink = await freshSink();
const HOUR_MS = 3_600_000;
const at = sourceStatus().updatedAt;

const rows = () => sink.rows('SELECT state, requests, last_success_at, warnings, accounts FROM source_status');

test('of the statuses of a source the latest stands, in whatever order they come', async () => {
  const newer = sourceStatus({ state: 'failed_connection', requests: 7, updatedAt: at + HOUR_MS });
  await sink.write(sourceStatuses, [newer, sourceStatus()]);
  await sink.write(sourceStatuses, [sourceStatus()]);
  assert.deepEqual(await rows(), [
    {
      state: 'failed_connection',
      requests: '7',
      last_success_at: new Date(at),
      warnings: ['The clock of the source is 180 minutes ahead of this one.'],
      accounts: [
        {
          ...{ account: 'prod-eu-1', state: 'ok', detail: '', lastSuccessAt: '2026-03-10T06:00:00.000Z' },
          ...{ firstDay: '2026-02-16', lastDay: '2026-03-10', missingDays: 1 },
        },
      ],
    },
  ]);
});

test('what Postgres cannot keep is a dead letter', async () => {
  await sink.write(sourceStatuses, [sourceStatus({ poller: 'nul', detail: 'a\0b' })]);
  assert.match(sink.letters.at(-1)?.detail ?? '', /contains the character U\+0000/);
  assert.equal((await rows()).length, 1);
});
