import type { Processor, TaskId } from '../task.ts';

/** The transactional id of a task: whoever opens it anew fences the earlier owner. */
export function transactionalId(prefix: string, task: TaskId): string {
  return `${prefix}${taskName(task)}`;
}

/** How logs and errors name a task. */
export function taskName(task: TaskId): string {
  return `${task.processor}-${task.topics.join('+')}-${task.partition}`;
}

/** All tasks of a processor, given how many partitions each topic has that it reads. */
export function tasksOf(
  processor: Pick<Processor<never, never>, 'name' | 'reads' | 'taskPer'>,
  partitionsOf: (topic: string) => number,
): TaskId[] {
  const names = processor.reads.map((topic) => topic.name);
  const groups = processor.taskPer === 'partition' ? [names] : names.map((name) => [name]);
  return groups.flatMap((topics) =>
    Array.from({ length: Math.max(...topics.map(partitionsOf)) }, (_, partition) => ({
      processor: processor.name,
      topics,
      partition,
    })),
  );
}
