import { TaskLost } from '../../runtime/task-lost.ts';

/** Another owner has taken the partition over. Nothing was written. */
export function sinkFenced(task: string): TaskLost {
  return new TaskLost(
    'fenced',
    `Another sink has taken over ${task}: its offset or epoch in sink_offset is not the one known here.`,
    'Nothing to do: the partition is given up, and its new owner goes on from what is committed.',
  );
}

/** The task was closed while it waited for Postgres. */
export function sinkClosed(task: string): TaskLost {
  return new TaskLost(
    'unknown',
    `${task} was given up while it waited for Postgres.`,
    'Nothing to do: whoever opens it next goes on from what is committed.',
  );
}
