/** A program of its own: folds calls until so many identities are open, and prints what they take as JSON. */
import { meter } from '../../processors/meter.ts';
import { createLocalCodec } from '../../runtime/kafka/codec.ts';
import type { Task } from '../../runtime/task.ts';
import { DAY_MS } from '../../schemas/day.ts';
import { calls } from '../../schemas/topics.ts';
import { generator } from '../generator.ts';
import { peakMemoryMib } from '../peak-memory.ts';

export interface Memory {
  readonly identities: number;
  readonly bytesPerIdentity: number;
  /** The most that the process ever had in memory. */
  readonly peakMib: number;
  /** What it had before the first line. */
  readonly baseMib: number;
  readonly seconds: number;
  readonly longestFoldMs: number;
}

const PARTITIONS = 4;
const DAYS = 8;
const FIRST_DAY = 20_094;
const FLUSH_EVERY = 200_000;

const codec = createLocalCodec();
function measure(identities: number): Memory {
  const templates = callsOfFewKeys();
  // So that what is loaded and compiled is not counted as the lines'.
  foldAll(openTasks(), templates, 100_000);
  const tasks = openTasks();
  const base = residentAfterCollection();
  const began = performance.now();
  const longestFoldMs = foldAll(tasks, templates, identities);
  const seconds = (performance.now() - began) / 1000;
  const held = residentAfterCollection() - base;
  return {
    identities,
    bytesPerIdentity: held / identities,
    peakMib: peakMemoryMib(),
    baseMib: base / 2 ** 20,
    seconds,
    longestFoldMs,
  };
}

function openTasks(): readonly Task[] {
  return Array.from({ length: PARTITIONS }, (_, partition) => {
    const task = meter.createTask({ openDays: 7, maxCallHours: 24 }, { partition, topics: [calls], codec });
    task.restore(new Map());
    return task;
  });
}

/** Ends climb over all days; ids are random. Gives the milliseconds of the longest fold. */
function foldAll(tasks: readonly Task[], templates: readonly Template[], count: number): number {
  const random = generator(count);
  let longest = 0;
  for (let i = 0; i < count; i++) {
    const endedAt = FIRST_DAY * DAY_MS + Math.floor((i / count) * DAYS * DAY_MS) + 1000;
    const template = templates[random(templates.length)];
    const task = tasks[i % PARTITIONS];
    if (template === undefined || task === undefined) throw new Error('There is nothing to fold.');
    const value = template.write(random, endedAt);
    const began = performance.now();
    const place = { topic: calls.name, partition: i % PARTITIONS, offset: i };
    task.fold({ ...place, timestampMs: endedAt, key: null, value, headers: [] });
    longest = Math.max(longest, performance.now() - began);
    if (i % FLUSH_EVERY === 0) for (const each of tasks) each.flush(0);
  }
  return longest;
}

/** A call as bytes whose id and times are written anew each time, so that making it leaves nothing behind. */
class Template {
  readonly #value: Buffer;

  constructor(tenant: string) {
    const texts = { tenant, product: 'voice', cluster: 'cluster-1', namespace: 'team-01', source: 'bench' };
    this.#value = codec.encode(calls, { callId: '0'.repeat(ID_BYTES), ...texts, startedAt: SOME_MS, endedAt: SOME_MS });
  }

  write(random: (below: number) => number, endedAt: number): Buffer {
    const idStart = 6;
    for (let at = idStart; at < idStart + ID_BYTES; at++) this.#value[at] = 0x61 + random(26);
    const timesEnd = this.#value.length - 'bench'.length - 1;
    writeInstant(this.#value, timesEnd - 12, endedAt - 1000);
    writeInstant(this.#value, timesEnd - 6, endedAt);
    return this.#value;
  }
}

function callsOfFewKeys(): readonly Template[] {
  return Array.from({ length: 200 }, (_, tenant) => new Template(`tenant-${tenant}`));
}

const ID_BYTES = 36;
const SOME_MS = 1_700_000_000_000;

/** An Avro long of six bytes. */
function writeInstant(target: Buffer, at: number, ms: number): void {
  let rest = ms * 2;
  for (let i = 0; i < 6; i++) {
    target[at + i] = (rest % 0x80) | (i < 5 ? 0x80 : 0);
    rest = Math.floor(rest / 0x80);
  }
}

function residentAfterCollection(): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  return process.memoryUsage().rss;
}

console.log(JSON.stringify(measure(Number(process.argv[2]))));
