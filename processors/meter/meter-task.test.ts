import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLocalCodec } from '../../runtime/kafka/codec.ts';
import { type Committed, type InputRecord, type Task, Undecodable } from '../../runtime/task.ts';
import type { Call } from '../../schemas/call.ts';
import { dayOf, formatDay } from '../../schemas/day.ts';
import type { DeadLetter } from '../../schemas/dead-letter.ts';
import { calls, deadLetters, usage, usageTotals } from '../../schemas/topics.ts';
import type { UsageSample } from '../../schemas/usage-sample.ts';
import type { UsageTotal } from '../../schemas/usage-total.ts';
import { meter } from '../meter.ts';
import type { MeterConfig } from './meter-task.ts';

const codec = createLocalCodec();
const at = Date.parse;

test('adds up milliseconds and calls by key and day, over midnight too', () => {
  const partition = new Partition();
  partition.call({ callId: '1', startedAt: at('2026-05-09T10:00:00Z'), endedAt: at('2026-05-09T10:00:05Z') });
  partition.call({ callId: '2', startedAt: at('2026-05-09T23:59:59Z'), endedAt: at('2026-05-10T00:00:02Z') });
  partition.call({
    callId: '3',
    startedAt: at('2026-05-10T08:00:00Z'),
    endedAt: at('2026-05-10T08:00:01Z'),
    tenant: 'b',
  });
  assert.deepEqual(partition.flush(), [
    '2026-05-09 a call_duration 6000 calls 2 through 1',
    '2026-05-10 a call_duration 2000 calls 0 through 1',
    '2026-05-10 b call_duration 1000 calls 1 through 2',
  ]);
});

test('writes only what has changed since the last flush, as absolute totals', () => {
  const partition = new Partition();
  partition.call({ callId: '1' });
  partition.call({ callId: '2', tenant: 'b' });
  partition.flush();
  partition.call({ callId: '3' });
  assert.deepEqual(partition.flush(), ['2026-05-09 a call_duration 2000 calls 2 through 2']);
  assert.equal(partition.task.flush(0), null);
});

test('drops and counts the same line again, on its own start day', () => {
  const partition = new Partition();
  for (let i = 0; i < 3; i++) partition.call({ callId: '1' });
  assert.deepEqual(partition.flush(), ['2026-05-09 a call_duration 1000 calls 1 through 2 duplicates 2']);
});

test('refuses the same identity with other content, and counts that on the key of the refused line', () => {
  const partition = new Partition();
  partition.call({ callId: '1' });
  partition.call({ callId: '1', tenant: 'b' });
  assert.deepEqual(partition.flush(), [
    '2026-05-09 a call_duration 1000 calls 1 through 0',
    '2026-05-09 b call_duration 0 calls 0 through 1 conflicting 1',
    'dead letter 1 conflicting_duplicate: Another line with the identity pbx/1 came before, with other content; the first one stands.',
  ]);
});

test('the same id of another source is another call', () => {
  const partition = new Partition();
  partition.call({ callId: '1' });
  partition.call({ callId: '1', source: 'gateway' });
  assert.deepEqual(partition.flush(), ['2026-05-09 a call_duration 2000 calls 2 through 1']);
});

test('counts no more on a day that has closed: the line is late, and has a total of its own', () => {
  const partition = new Partition({ openDays: 2, maxCallHours: 48 });
  partition.call({ callId: '1', startedAt: at('2026-05-11T23:59:58Z'), endedAt: at('2026-05-11T23:59:59.999Z') });
  partition.call({ callId: '2' });
  partition.flush();
  partition.call({ callId: '3', startedAt: at('2026-05-12T00:00:00Z'), endedAt: at('2026-05-12T00:00:00Z') });
  partition.call({ callId: '4' });
  partition.call({ callId: '5', startedAt: at('2026-05-09T23:59:00Z'), endedAt: at('2026-05-10T00:01:00Z') });
  assert.deepEqual(partition.flush(), [
    '2026-05-09 a late of call_duration pbx/4 0 calls 1 through 3 late 1',
    '2026-05-09 a late of call_duration pbx/5 0 calls 1 through 4 late 1',
    '2026-05-10 a call_duration 60000 calls 0 through 4',
    '2026-05-12 a call_duration 0 calls 1 through 2',
    'dead letter 3 late: The line begins on 2026-05-09, but days before 2026-05-10 are closed. Nothing of it is counted.',
    'dead letter 4 late: The line begins on 2026-05-09, but days before 2026-05-10 are closed. What falls on later days is counted.',
  ]);
});

test('a replay counts its days alone, whatever came late, and no line twice', () => {
  const days = { from: dayOf(at('2026-05-09')), to: dayOf(at('2026-05-10')) };
  const config = { openDays: 2, maxCallHours: 48, replay: { days, marginDays: 2 } };
  const partition = new Partition(config);
  const call = (callId: string, startedAt: string, endedAt = startedAt): void =>
    partition.call({ callId, startedAt: at(startedAt), endedAt: at(endedAt) });
  call('before', '2026-05-08T10:00:00Z');
  call('into', '2026-05-08T23:59:59Z', '2026-05-09T00:00:01Z');
  call('1', '2026-05-09T10:00:00Z');
  call('out of', '2026-05-10T23:59:59Z', '2026-05-11T00:00:01Z');
  call('after', '2026-05-11T10:00:00Z');
  call('long after', '2026-06-20T10:00:00Z');
  const first = [
    '2026-05-09 a call_duration 1000 calls 1 through 2',
    '2026-05-10 a call_duration 1000 calls 1 through 3',
  ];
  assert.deepEqual(partition.flush(), first);
  partition.restart(config);
  call('late', '2026-05-09T11:00:00Z');
  call('into', '2026-05-08T23:59:59Z', '2026-05-09T00:00:01Z');
  call('1', '2026-05-09T10:00:00Z');
  call('before', '2026-05-09T12:00:00Z');
  assert.deepEqual(partition.flush(), [
    '2026-05-09 a call_duration 1000 calls 2 through 9 duplicates 1 conflicting 1',
    'dead letter 9 conflicting_duplicate: Another line with the identity pbx/before came before, with other content; the first one stands.',
  ]);
});

test('a replay begins where the first line of its days can lie', () => {
  const days = { from: dayOf(at('2026-05-09')), to: dayOf(at('2026-05-10')) };
  const partition = new Partition({ openDays: 7, maxCallHours: 24, replay: { days, marginDays: 7 } });
  assert.deepEqual(
    partition.task.restore(new Map()),
    new Map([['calls.v1', { at: 'timestamp', ms: at('2026-05-02') }]]),
  );
});

test('a late line does not take its identity, one that is late in part does', () => {
  const partition = new Partition({ openDays: 1, maxCallHours: 48 });
  partition.call({ callId: '1', startedAt: at('2026-05-11T12:00:00Z'), endedAt: at('2026-05-11T12:00:00Z') });
  partition.flush();
  for (let i = 0; i < 2; i++) partition.call({ callId: 'whole' });
  const inPart = { callId: 'part', startedAt: at('2026-05-09T23:59:00Z'), endedAt: at('2026-05-10T00:01:00Z') };
  for (let i = 0; i < 2; i++) partition.call(inPart);
  partition.call({ ...inPart, tenant: 'b' });
  const written = partition.flush();
  assert.deepEqual(
    written.filter((line) => !line.startsWith('dead letter')),
    [
      '2026-05-09 a duplicate of call_duration pbx/part@4 0 calls 1 through 4 duplicates 1',
      '2026-05-09 a late of call_duration pbx/part 0 calls 1 through 3 late 1',
      '2026-05-09 a late of call_duration pbx/whole 0 calls 1 through 1 late 1',
      '2026-05-09 a late of call_duration pbx/whole 0 calls 1 through 2 late 1',
      '2026-05-09 b conflicting of call_duration pbx/part@5 0 calls 1 through 5 conflicting 1',
      '2026-05-10 a call_duration 60000 calls 0 through 3',
    ],
  );
  const reasons = written.filter((line) => line.startsWith('dead letter')).map((line) => line.split(/ |:/)[3]);
  assert.deepEqual(reasons, ['late', 'late', 'late', 'conflicting_duplicate']);
});

test('a day closes before a flush: what it got until then is still written', () => {
  const partition = new Partition({ openDays: 1, maxCallHours: 24 });
  partition.call({ callId: '1' });
  partition.call({ callId: '2', startedAt: at('2026-06-01T00:00:00Z'), endedAt: at('2026-06-01T00:00:01Z') });
  assert.deepEqual(partition.flush(), [
    '2026-05-09 a call_duration 1000 calls 1 through 0',
    '2026-06-01 a call_duration 1000 calls 1 through 1',
  ]);
});

test('an end that lies ahead of its record closes no day', () => {
  const partition = new Partition({ openDays: 1, maxCallHours: 24 }, usage.name);
  const now = at('2026-05-09T12:00:00Z');
  partition.sample({ sampleId: '1', windowStart: now, windowEnd: at('2026-06-08T12:00:00Z'), quantity: 0 }, now);
  partition.flush();
  partition.sample({ sampleId: '2', windowStart: now, windowEnd: now }, now);
  assert.deepEqual(partition.flush(), ['2026-05-09 a login 5 through 1']);
});

test('samples are split by time, need no tenant, and count no calls', () => {
  const partition = new Partition({ openDays: 7, maxCallHours: 24 }, usage.name);
  const windowStart = at('2026-05-09T23:00:00Z');
  const windowEnd = at('2026-05-10T01:00:00Z');
  partition.sample({ sampleId: '1', windowStart, windowEnd, quantity: 3, tenant: '' }, windowEnd);
  partition.sample({ sampleId: '2', windowStart, windowEnd, quantity: 0, meter: 'request' }, windowEnd);
  assert.deepEqual(partition.flush(), [
    '2026-05-09  login 2 through 0',
    '2026-05-09 a request 0 through 1',
    '2026-05-10  login 1 through 0',
    '2026-05-10 a request 0 through 1',
  ]);
});

test('what is no call goes to the dead letters as it came, and the partition goes on', () => {
  const partition = new Partition();
  const header = { name: 'trace', value: Buffer.from('abc') };
  partition.take({ value: Buffer.from('no avro'), headers: [header], key: Buffer.from('key') });
  partition.take({ value: Buffer.from([0, 0, 0, 0, 99, 1]) });
  partition.take({ value: null });
  partition.call({ callId: '1' });
  const [letter] = partition.deadLetters();
  assert.deepEqual(
    { ...letter, headers: letter?.headers.map((each) => ({ ...each })) },
    {
      ...{ topic: 'calls.v1', partition: 2, offset: 0, timestamp: NOW, processor: 'meter', reason: 'undecodable' },
      detail: 'The value does not begin with a zero byte and a schema id.',
      ...{ key: Buffer.from('key'), value: Buffer.from('no avro'), headers: [header] },
    },
  );
  assert.deepEqual(
    partition.last.map((line) => line.replace(/:.*/, '')),
    [
      '2026-05-09 a call_duration 1000 calls 1 through 3',
      'dead letter 0 undecodable',
      'dead letter 1 unknown_schema',
      'dead letter 2 empty',
    ],
  );
});

test('in the future is what begins over five minutes after its record was written, whatever the clock says', () => {
  const partition = new Partition();
  const startedAt = at('2026-05-09T10:00:00Z');
  partition.call({ callId: '1', startedAt, endedAt: startedAt }, startedAt - 300_000);
  partition.call({ callId: '2', startedAt, endedAt: startedAt }, startedAt - 300_001);
  const [total, letter] = partition.flush();
  assert.equal(total, '2026-05-09 a call_duration 0 calls 1 through 0');
  assert.match(letter ?? '', /^dead letter 1 in_future: /);
});

test('a restart reads again only from the first line that touched an open day', () => {
  const partition = new Partition({ openDays: 1, maxCallHours: 24 });
  const days = ['2026-05-09', '2026-05-10', '2026-05-11', '2026-05-12'];
  for (const day of days) partition.call({ callId: day, startedAt: at(day), endedAt: at(day) + 1000 });
  partition.flush();
  assert.deepEqual(partition.committed, { offset: 4, metadata: `1 2 ${at('2026-05-10') + 1000} 20584` });
  const task = newTask({ openDays: 1, maxCallHours: 24 }, calls.name);
  assert.deepEqual(task.restore(new Map([['calls.v1', partition.committed]])).get('calls.v1'), {
    at: 'offset',
    offset: 2,
  });
});

test('days that have closed stay closed when the configuration gives more days', () => {
  const partition = new Partition({ openDays: 1, maxCallHours: 24 });
  partition.call({ callId: '1' });
  partition.call({ callId: '2', startedAt: at('2026-05-12T00:00:00Z'), endedAt: at('2026-05-12T00:00:00Z') });
  partition.flush();
  partition.restart({ openDays: 30, maxCallHours: 24 });
  partition.call({ callId: '3' });
  assert.deepEqual(
    partition.flush().map((line) => line.replace(/:.*/, '')),
    ['2026-05-09 a late of call_duration pbx/3 0 calls 1 through 2 late 1', 'dead letter 2 late'],
  );
});

const NOW = at('2026-05-09T13:00:00Z');

/** An input partition with its task; what is flushed is read as lines of text, sorted. */
class Partition {
  task: Task;
  committed: Committed = { offset: 0, metadata: '' };
  last: string[] = [];
  readonly #topic: string;
  readonly #records: InputRecord[] = [];

  constructor(config: MeterConfig = { openDays: 7, maxCallHours: 24 }, topic = calls.name) {
    this.#topic = topic;
    this.task = newTask(config, topic);
    this.task.restore(new Map());
  }

  /** By default a second on 9 May, written when it ended, or when it was 13:00 that day. */
  call(change: Partial<Call>, timestampMs = Math.max(NOW, change.endedAt ?? 0)): void {
    const startedAt = at('2026-05-09T12:00:00Z');
    const texts = { callId: '1', source: 'pbx', tenant: 'a', product: 'asr', cluster: 'c', namespace: 'n' };
    const value = codec.encode<Call>(calls, { ...texts, startedAt, endedAt: startedAt + 1000, ...change });
    this.take({ value, timestampMs });
  }

  sample(change: Partial<UsageSample> & Pick<UsageSample, 'windowStart' | 'windowEnd'>, timestampMs: number): void {
    const texts = { sampleId: '1', source: 'auth0', tenant: 'a', product: '', cluster: '', namespace: '', owner: '' };
    const value = codec.encode<UsageSample>(usage, { ...texts, meter: 'login', quantity: 5, ...change });
    this.take({ value, timestampMs });
  }

  take(record: Partial<InputRecord>): void {
    const place = { topic: this.#topic, partition: 2, offset: this.#records.length };
    this.#records.push({ ...place, timestampMs: NOW, key: null, value: null, headers: [], ...record });
    this.task.fold(this.#records.at(-1) as InputRecord);
  }

  restart(config: MeterConfig): void {
    this.task = newTask(config, this.#topic);
    const start = this.task.restore(new Map([[this.#topic, this.committed]])).get(this.#topic);
    for (const record of this.#records.slice(start?.at === 'offset' ? start.offset : 0)) this.task.fold(record);
  }

  flush(): string[] {
    this.deadLetters();
    return this.last;
  }

  deadLetters(): DeadLetter[] {
    const flush = this.task.flush(0);
    assert.ok(flush !== null);
    this.committed = flush.committed.get(this.#topic) ?? this.committed;
    const valuesOf = <T>(topic: string, decode: (value: Buffer) => T | Undecodable): T[] =>
      flush.records.filter((record) => record.topic.name === topic).map(({ value }) => decoded(decode(value)));
    const letters = valuesOf(deadLetters.name, (value) => codec.decode<DeadLetter>(deadLetters, value));
    const totals = valuesOf(usageTotals.name, (value) => codec.decode<UsageTotal>(usageTotals, value));
    this.last = [
      ...totals.map(textOfTotal).sort(),
      ...letters.map(({ offset, reason, detail }) => `dead letter ${offset} ${reason}: ${detail}`),
    ];
    return letters;
  }
}

function newTask(config: MeterConfig, topic: string): Task {
  return meter.createTask(config, { partition: 2, topics: [topic === usage.name ? usage : calls], codec });
}

function textOfTotal(total: UsageTotal): string {
  const { day, tenant, meter, refusedMeter, identity, quantity, callCount, through } = total;
  const { duplicates, conflicting, late } = total;
  const refused = identity === '' ? '' : ` of ${refusedMeter} ${identity}`;
  const counts = Object.entries({ duplicates, conflicting, late }).filter(([, count]) => count > 0);
  return [
    `${formatDay(day)} ${tenant} ${meter}${refused} ${quantity}`,
    ...(callCount === null ? [] : [`calls ${callCount}`]),
    `through ${through}`,
    ...counts.map(([name, count]) => `${name} ${count}`),
  ].join(' ');
}

function decoded<T>(value: T | Undecodable): T {
  assert.ok(!(value instanceof Undecodable));
  return value;
}
