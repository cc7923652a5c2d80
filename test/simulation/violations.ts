/** Processors that break one promise each. The simulation must notice every one of them. */
import { attribute } from '../../processors/attribute.ts';
import { meter } from '../../processors/meter.ts';
import { type Committed, type Flush, type Task, type TaskContext, Undecodable } from '../../runtime/task.ts';
import type { AttributionDocument } from '../../schemas/attribution-document.ts';
import type { Amount } from '../../schemas/scalars.ts';
import { attributions } from '../../schemas/topics.ts';
import { all, altered } from './altered.ts';
import { type Processors, REAL } from './pipeline.ts';

export const violations: Readonly<Record<string, Processors>> = {
  'a document that is one unit short': {
    ...REAL,
    attribute: altered(attribute, (task, context) => ({
      ...all(task),
      flush: (nowMs) => rewrite(task.flush(nowMs), context, (document) => [shortened(document)]),
    })),
  },
  'a vanished tenant whose document stays': {
    ...REAL,
    attribute: altered(attribute, (task, context) => ({
      ...all(task),
      flush: (nowMs) => rewrite(task.flush(nowMs), context, (one) => (one.lines.length === 0 ? [] : [one])),
    })),
  },
  'documents without a revision that rises': {
    ...REAL,
    attribute: altered(attribute, (task, context) => ({
      ...all(task),
      flush: (nowMs) => rewrite(task.flush(nowMs), context, (one) => [{ ...one, revision: 1 }]),
    })),
  },
  'offsets committed before the days that they dirtied are out': {
    ...REAL,
    attribute: altered(attribute, commitWhatWasRead),
  },
  'trust that nobody has seen what an earlier owner did not commit': {
    ...REAL,
    attribute: altered(attribute, (task) => ({
      ...all(task),
      restore: (committed, ends) => task.restore(committed, endsAtMost(committed, ends)),
    })),
  },
  'outputs in another transaction than their offsets': { ...REAL, meter: altered(meter, writeOneFlushLate) },
  'a meter that forgets what it has counted': {
    ...REAL,
    meter: altered(meter, (task) => ({
      ...all(task),
      restore: (committed) => {
        task.restore(new Map());
        return new Map([...committed].map(([topic, { offset }]) => [topic, { at: 'offset', offset }]));
      },
    })),
  },
};

function rewrite(
  flush: Flush | null,
  { codec }: TaskContext,
  change: (document: AttributionDocument) => AttributionDocument[],
): Flush | null {
  if (flush === null) return null;
  const records = flush.records.flatMap((record) => {
    if (record.topic !== (attributions as unknown)) return [record];
    const document = codec.decode(attributions, record.value);
    if (document instanceof Undecodable) throw new Error(document.detail);
    return change(document).map((changed) => ({ ...record, value: codec.encode(attributions, changed) }));
  });
  return { ...flush, records };
}

function shortened(document: AttributionDocument): AttributionDocument {
  const [first, ...rest] = document.lines;
  if (first === undefined) return document;
  return { ...document, lines: [{ ...first, billed: (first.billed - 1n) as Amount }, ...rest] };
}

function commitWhatWasRead(task: Task): Task {
  const read = new Map<string, number>();
  return {
    ...all(task),
    advance: (topic, offset) => {
      read.set(topic, offset);
      task.advance(topic, offset);
    },
    flush: (nowMs) => {
      const flush = task.flush(nowMs);
      if (flush === null) return null;
      const committed = [...flush.committed].map(([topic, position]): [string, Committed] => [
        topic,
        { ...position, offset: Math.max(position.offset, read.get(topic) ?? 0) },
      ]);
      return { ...flush, committed: new Map(committed) };
    },
  };
}

function writeOneFlushLate(task: Task): Task {
  let late: Flush['records'] = [];
  return {
    ...all(task),
    flush: (nowMs) => {
      const flush = task.flush(nowMs) ?? { records: [], committed: new Map() };
      const { records, committed } = flush;
      if (records.length === 0 && late.length === 0) return committed.size === 0 ? null : flush;
      const due = late;
      late = records;
      return { records: due, committed };
    },
  };
}

function endsAtMost(
  committed: ReadonlyMap<string, Committed>,
  ends: ReadonlyMap<string, number> | undefined,
): ReadonlyMap<string, number> {
  return new Map([...(ends ?? [])].map(([topic, end]) => [topic, Math.min(end, committed.get(topic)?.offset ?? end)]));
}
