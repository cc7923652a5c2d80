import type { CallsTopic } from './calls-topic.ts';
import type { Mark, Run } from './run.ts';
import type { Progress, Work } from './work.ts';
import { Worker } from './worker.ts';

/** A group that is not named is one that nobody has been in. */
type Task = Pick<Work, 'what'> & Partial<Pick<Work, 'group' | 'commitIntervalMs'>>;

let groups = 0;

/** Does the work in a process of its own, which is new: nothing in it is warm. */
export async function measureCold(topic: CallsTopic, task: Task): Promise<Run> {
  const worker = await Worker.start();
  try {
    return await measure([worker], topic, task);
  } finally {
    await worker.end();
  }
}

/** Does the work in all these processes together, until all calls of the topic are done. */
export async function measure(workers: readonly Worker[], topic: CallsTopic, task: Task): Promise<Run> {
  const { brokers, prefix, count } = topic;
  groups += 1;
  const work: Work = { commitIntervalMs: 100, group: `group-${groups}`, ...task, brokers, prefix };
  const offsets = new Map<number, number>();
  const newest = new Map<Worker, Progress>();
  const marks: Mark[] = [];
  let [cpuBefore, cpuAfter] = [0, 0];
  const take = (worker: Worker, progress: Progress): void => {
    const { partition, offset, atMs } = progress;
    offsets.set(partition, Math.max(offset, offsets.get(partition) ?? 0));
    newest.set(worker, progress);
    const done = sum(offsets.values());
    if (done === count) for (const each of workers) each.stop();
    if (newest.size < workers.length) return;
    cpuAfter = sum([...newest.values()].map(({ cpuMicroseconds }) => cpuMicroseconds));
    if (marks.length === 0) cpuBefore = cpuAfter;
    marks.push({ atMs, done });
  };
  await Promise.all(workers.map((worker) => worker.do(work, (progress) => take(worker, progress))));
  const [first, last] = [marks[0], marks.at(-1)];
  if (first === undefined || last === undefined) throw new Error('Not every process had something to do.');
  return {
    calls: last.done - first.done,
    seconds: (last.atMs - first.atMs) / 1000,
    cpuSeconds: (cpuAfter - cpuBefore) / 1e6,
    peakMib: sum([...newest.values()].map(({ peakMib }) => peakMib)),
    marks,
  };
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
