import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ApportionError } from '../runtime/errors.ts';
import type { Publisher } from '../runtime/publisher.ts';
import type { Call } from '../schemas/call.ts';
import { calls, type Topic } from '../schemas/topics.ts';
import { badLineList } from './bad-line-list.ts';
import { type BadLine, type FileKind, type SendCounts, sendFiles } from './send-files.ts';

const NOW = Date.parse('2026-05-09T12:00:00Z');
let folder = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'apportion-send-'));
});
after(async () => {
  await rm(folder, { recursive: true });
});

interface Sent {
  readonly counts: SendCounts;
  readonly values: unknown[];
  readonly bad: BadLine[];
  readonly largestBatch: number;
}

async function send(kind: FileKind, files: readonly string[], stdin = Readable.from([])): Promise<Sent> {
  const values: unknown[] = [];
  const bad: BadLine[] = [];
  let largestBatch = 0;
  const publisher: Publisher = {
    async publish<T>(_topic: Topic<T>, batch: readonly T[]) {
      largestBatch = Math.max(largestBatch, batch.length);
      values.push(...batch);
    },
    async close() {},
  };
  const counts = await sendFiles({
    kind,
    files,
    stdin,
    publisher,
    limits: { maxCallMs: 86_400_000 },
    now: () => NOW,
    onBadLine: (line) => bad.push(line),
    onProgress: () => {},
  });
  return { counts, values, bad, largestBatch };
}

const callLine = (id: number): string =>
  `{"source":"pbx","callId":"${id}","tenant":"acme","startedAt":"2026-05-09T07:30:00Z","endedAt":"2026-05-09T07:31:00Z"}\n`;

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

test('good lines are sent in order, bad ones told with file, line and reason', async () => {
  const first = await file('first.jsonl', `${callLine(1)}nonsense\n\n${callLine(2).replace('acme', '')}${callLine(3)}`);
  const second = await file('second.jsonl', `{}\n${callLine(4)}`);
  const { counts, values, bad } = await send('calls', [first, second]);
  assert.deepEqual(counts, { sent: 3, bad: 3 });
  assert.deepEqual(
    values.map((value) => (value as Call).callId),
    ['1', '3', '4'],
  );
  assert.deepEqual(
    bad.map(({ file, line, reason }) => [file, line, reason]),
    [
      [first, 2, 'invalid'],
      [first, 4, 'empty_tenant'],
      [second, 1, 'invalid'],
    ],
  );
});

test('gzip is told by its bytes, in files of any name and on standard input', async () => {
  const packed = gzipSync(callLine(1) + callLine(2));
  const path = await file('packed.jsonl', packed);
  assert.equal((await send('calls', [path])).counts.sent, 2);
  // One byte at a time, as a slow pipe may give them.
  const slow = Readable.from([...packed].map((byte) => Buffer.from([byte])));
  assert.equal((await send('calls', ['-'], slow)).counts.sent, 2);
  assert.equal((await send('calls', ['-'], Readable.from([Buffer.from(callLine(1))]))).counts.sent, 1);
  assert.equal((await send('calls', ['-'])).counts.sent, 0);
});

test('all three kinds have their topic', async () => {
  const usage =
    '{"source":"k","sampleId":"1","meter":"m","windowStart":"2026-05-09T07:30:00Z","windowEnd":"2026-05-09T07:30:00Z","quantity":1}';
  const report =
    '{"source":"aws","account":"1","day":"2026-05-09","currency":"USD","observedAt":"2026-05-09T07:30:00Z","status":"final","lines":[]}';
  assert.equal((await send('usage', [await file('usage.jsonl', usage)])).counts.sent, 1);
  assert.equal((await send('cost-reports', [await file('reports.jsonl', report)])).counts.sent, 1);
  assert.equal((await send('calls', [await file('mixed.jsonl', usage)])).counts.bad, 1);
  assert.equal(calls.key((await send('calls', [await file('call.jsonl', callLine(1))])).values[0] as Call), 'pbx/1');
});

test('many lines go in batches of a limit', async () => {
  const path = await file('many.jsonl', Array.from({ length: 5_001 }, (_, id) => callLine(id)).join(''));
  const { counts, largestBatch } = await send('calls', [path]);
  assert.equal(counts.sent, 5_001);
  assert.equal(largestBatch, 2_000);
});

test('a file that is missing or a folder stops the command before anything is sent', async () => {
  const path = await file('there.jsonl', callLine(1));
  const failing = (paths: readonly string[]) => send('calls', paths);
  await assert.rejects(
    failing([path, join(folder, 'missing')]),
    (error: ApportionError) => error.code === 'file_missing',
  );
  await assert.rejects(failing([folder]), (error: ApportionError) => error.code === 'file_unreadable');
});

test('a gzip file that is cut off is damaged, and says so', async () => {
  const packed = gzipSync(Array.from({ length: 50_000 }, (_, id) => callLine(id)).join(''));
  const path = await file('cut.jsonl.gz', packed.subarray(0, packed.length - 100));
  await assert.rejects(send('calls', [path]), (error: unknown) => {
    assert.ok(error instanceof ApportionError);
    return error.code === 'file_damaged' && error.message.includes('cut.jsonl.gz');
  });
});

test('the list of bad lines is bounded, and its rest is counted', () => {
  const list = badLineList(2);
  const line = { file: 'a.jsonl', line: 7, reason: 'invalid', detail: 'Why.' };
  assert.equal(list.add(line), 'a.jsonl:7: invalid: Why.');
  assert.equal(list.rest(), null);
  list.add(line);
  assert.equal(list.rest(), null);
  assert.equal(list.add(line), null);
  assert.equal(list.add(line), null);
  assert.equal(list.rest(), '… and 2 more bad lines.');
});
