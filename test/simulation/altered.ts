/** Processors whose tasks behave otherwise than they do. */
import type { InputRecord, Processor, Task, TaskContext } from '../../runtime/task.ts';

export function altered<Config>(
  processor: Processor<Config>,
  alter: (task: Task, context: TaskContext) => Task,
): Processor<Config> {
  return { ...processor, createTask: (config, context) => alter(processor.createTask(config, context), context) };
}

/** All that a task does, to be altered in part. */
export function all(task: Task): Task {
  return {
    restore: (committed, ends) => task.restore(committed, ends),
    fold: (record) => task.fold(record),
    advance: (topic, offset) => task.advance(topic, offset),
    flush: (nowMs) => task.flush(nowMs),
  };
}

/** A task that is given its last records again, now and then, as a client may do that lost its place. */
export function stuttering<Config>(processor: Processor<Config>): Processor<Config> {
  return altered(processor, (task) => {
    const recent: InputRecord[] = [];
    return {
      ...all(task),
      fold: (record) => {
        task.fold(record);
        recent.push(record);
        if (recent.length < STUTTER_RECORDS) return;
        for (const again of recent.splice(0)) task.fold(again);
      },
    };
  });
}

const STUTTER_RECORDS = 3;
