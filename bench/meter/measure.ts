import type { CallsTopic } from './calls-topic.ts';
import type { Mark, Run } from './run.ts';
import type { Progress, Work } from './work.ts';
import { Worker } from './worker.ts';

/** A group that is not named is one that nobody has been in. */
type Task = Pick<Work, 'what'> & Partial<Pick<Work, 'group' | 'commitIntervalMs' | 'client'>>;

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

/** Does the work in all these processes together, from when each has begun until all calls of the topic are done. */
export async function measure(workers: readonly Worker[], topic: CallsTopic, task: Task): Promise<Run> {
  const { brokers, prefix, count } = topic;
  groups += 1;
  const work: Work = { commitIntervalMs: 100, client: 'kafkajs', group: `group-${groups}`, ...task, brokers, prefix };
  const offsets = new Map<number, number>();
  const newest = new Map<Worker, Progress>();
  const marks: Mark[] = [];
  const tellAll = (command: 'go' | 'stop'): void => {
    for (const worker of workers) worker.tell(command);
  };
  const take = (worker: Worker, progress: Progress): void => {
    const { partition, offset, atMs } = progress;
    newest.set(worker, progress);
    if (newest.size < workers.length) return;
    if (marks.length === 0) tellAll('go');
    offsets.set(partition, Math.max(offset, offsets.get(partition) ?? 0));
    const done = sum(offsets.values());
    marks.push({ atMs, done });
    if (done === count) tellAll('stop');
  };
  await Promise.all(workers.map((worker) => worker.do(work, (progress) => take(worker, progress))));
  const [first, last] = [marks[0], marks.at(-1)];
  if (first === undefined || last === undefined) throw new Error('Nothing was measured.');
  const processes = [...newest.values()];
  return {
    calls: count,
    seconds: (last.atMs - first.atMs) / 1000,
    cpuSeconds: sum(processes.map(({ cpuMicroseconds }) => cpuMicroseconds)) / 1e6,
    peakMib: sum(processes.map(({ peakMib }) => peakMib)),
    marks,
  };
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
