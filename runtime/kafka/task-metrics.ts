import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { oncePerRegistry } from '../metrics.ts';

/** What Prometheus is told of the tasks of one processor. */
export interface TaskMetrics {
  /** Records of an input were folded. */
  read(topic: string, records: number): void;
  /**
   * A flush is durable.
   *
   * @param seconds how long that took
   * @param delaySeconds from the time of its oldest record to now; null when it has none
   */
  committed(records: number, refused: number, seconds: number, delaySeconds: number | null): void;
  /** A task has been restored, and writes from now on. */
  live(seconds: number): void;
  /** A task writes no more: it was given up, or lost. */
  ended(): void;
  /** A commit was not confirmed, so that the task is opened anew. */
  lost(): void;
}

const COMMIT_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const DELAY_BUCKETS = [0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 600, 3600, 86_400];
const RESTORE_BUCKETS = [0.1, 0.5, 1, 5, 15, 60, 300, 1200];

const familiesOf = oncePerRegistry(createFamilies);

/** The same names for every processor, told apart by the label `processor`. */
export function createTaskMetrics(registry: Registry, processor: string): TaskMetrics {
  const { read, written, refused, commits, delays, restores, live, lost } = familiesOf(registry);
  const labels = { processor };
  written.inc(labels, 0);
  refused.inc(labels, 0);
  lost.inc(labels, 0);
  live.set(labels, 0);
  return {
    read: (topic, records) => read.inc({ processor, topic }, records),
    committed: (records, letters, seconds, delaySeconds) => {
      written.inc(labels, records);
      refused.inc(labels, letters);
      commits.observe(labels, seconds);
      if (delaySeconds !== null) delays.observe(labels, delaySeconds);
    },
    live: (seconds) => {
      restores.observe(labels, seconds);
      live.inc(labels);
    },
    ended: () => live.dec(labels),
    lost: () => lost.inc(labels),
  };
}

function createFamilies(registry: Registry) {
  const registers = [registry];
  const labelNames = ['processor'] as const;
  const named = (name: string, help: string) => ({ name: `apportion_task_${name}`, help, registers });
  return {
    read: new Counter({
      ...named('read_records_total', 'Records that were folded, those that restored a task included.'),
      labelNames: ['processor', 'topic'],
    }),
    written: new Counter({ ...named('written_records_total', 'Records or rows that were written.'), labelNames }),
    refused: new Counter({ ...named('dead_letters_total', 'Records that were refused.'), labelNames }),
    commits: new Histogram({
      ...named('commit_seconds', 'How long it takes to write and commit.'),
      labelNames,
      buckets: COMMIT_BUCKETS,
    }),
    delays: new Histogram({
      ...named('delay_seconds', 'From the time of the oldest record read since the last commit to the next one.'),
      labelNames,
      buckets: DELAY_BUCKETS,
    }),
    restores: new Histogram({
      ...named('restore_seconds', 'How long a task takes until it goes on where the last one was.'),
      labelNames,
      buckets: RESTORE_BUCKETS,
    }),
    live: new Gauge({ ...named('live', 'Tasks that this process has, and that write.'), labelNames }),
    lost: new Counter({ ...named('lost_total', 'Commits that were not confirmed.'), labelNames }),
  };
}
