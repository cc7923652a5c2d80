import { ApportionError } from '../errors.ts';
import type { Processor, TaskId } from '../task.ts';
import type { KafkaAdmin } from './client.ts';
import { tasksOf } from './task-id.ts';

/**
 * All tasks of a processor, after a look at its topics, which must be there before anything is read.
 *
 * @param topicName the name with prefix
 * @throws ApportionError `topics_missing`, `partitions_differ`
 */
export async function checkedTasks<Config, Out>(
  admin: KafkaAdmin,
  processor: Processor<Config, Out>,
  topicName: (topic: string) => string,
): Promise<TaskId[]> {
  const counts = await admin.topics();
  const countOf = (topic: string): number => counts.get(topicName(topic)) ?? 0;
  const { name, reads, broadcasts, writes } = processor;

  const missing = [...reads, ...broadcasts, ...writes].filter((topic) => countOf(topic.name) === 0);
  if (missing.length > 0) {
    throw new ApportionError(
      'topics_missing',
      `${name} needs topics that are not there: ${missing.map((topic) => topicName(topic.name)).join(', ')}.`,
      'Run `apportion topics apply` first.',
    );
  }
  const inputs = reads.map((topic) => topic.name);
  if (processor.taskPer === 'partition' && new Set(inputs.map(countOf)).size > 1) {
    const found = inputs.map((topic) => `${topicName(topic)} has ${countOf(topic)}`).join(', ');
    throw new ApportionError(
      'partitions_differ',
      `${name} reads partition p of its topics together, so they need equally many: ${found}.`,
      'Take another APPORTION_TOPIC_PREFIX and an empty database, apply the topics there, and send the inputs again (`apportion send`, `apportion poll`).',
    );
  }
  return tasksOf(processor, countOf);
}
