import { tasksOf } from '../kafka/task-id.ts';
import type { Processor, TaskId } from '../task.ts';
import type { MemoryCluster } from './cluster.ts';
import { MemoryTask, type Step } from './task.ts';

/** A member of a processor's group, in memory. It does one step of one task at a time. */
export class MemoryRunner<Config> {
  readonly #tasks: readonly MemoryTask<Config>[];

  constructor(cluster: MemoryCluster, processor: Processor<Config>, config: Config) {
    const single = processor.reads.filter((topic) => topic.partitioning.by === 'single').map((topic) => topic.name);
    const ids = tasksOf(processor, (topic) => (single.includes(topic) ? 1 : cluster.partitions));
    this.#tasks = ids.map((id) => new MemoryTask(cluster, processor, config, id));
  }

  /**
   * Does one of the steps that could come next and says which; null when there is none. `choice` picks it, so that a
   * generator of numbers walks all interleavings; choice 0 folds what there is before it flushes.
   */
  step(choice = 0): Step | null {
    const possible = this.#tasks.flatMap((task) => task.steps().map((step) => ({ task, step })));
    while (possible.length > 0) {
      const [picked] = possible.splice(choice % possible.length, 1);
      // A flush may turn out to be empty, which is no step.
      if (picked?.task.do(picked.step)) return picked.step;
    }
    return null;
  }

  /** Steps until nothing moves at this instant. Gives the number of steps. */
  drain(): number {
    let steps = 0;
    while (this.step() !== null) {
      steps++;
      if (steps > MAX_STEPS) throw new Error(`the tasks do not come to rest within ${MAX_STEPS} steps`);
    }
    return steps;
  }

  /** Loses the memory of all tasks, or of some. What they wrote without committing stays open until the next owner. */
  crash(which: (task: TaskId) => boolean = () => true): void {
    for (const task of this.#tasks) if (which(task.id)) task.crash();
  }

  /** Says which tasks this member owns from now on. It forgets the others, and keeps what it still owns. */
  rebalance(owns: (task: TaskId) => boolean): void {
    for (const task of this.#tasks) task.assign(owns(task.id));
  }
}

const MAX_STEPS = 10_000_000;
