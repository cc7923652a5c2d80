import { type Cleanup, type Partitioning, topics } from './topics.ts';

/** One row of the table of topics, as people read it. */
export interface TopicRow {
  readonly topic: string;
  readonly holds: string;
  readonly key: string;
  readonly partition: string;
  readonly cleanup: string;
  readonly writtenBy: string;
  readonly readBy: string;
}

/** All topics as rows of text, in the order of their declaration. */
export function topicRows(prefix: string): readonly TopicRow[] {
  return topics.map((topic) => ({
    topic: prefix + topic.name,
    holds: topic.doc,
    key: topic.keyText,
    partition: partitionText(topic.partitioning.by, topic.keyText),
    cleanup: cleanupText(topic.cleanup),
    writtenBy: topic.writtenBy.join(', '),
    readBy: topic.readBy.join(', '),
  }));
}

/** The README's table: `apportion topics list --format markdown` prints it, and a test holds the README to it. */
export function topicsMarkdown(prefix: string): string {
  const cells = topicRows(prefix).map((row) => [
    `\`${row.topic}\``,
    row.holds,
    row.key,
    row.partition,
    row.cleanup,
    row.writtenBy,
    row.readBy,
  ]);
  const titles = ['topic', 'holds', 'key', 'partition', 'clean-up', 'written by', 'read by'];
  return [titles, titles.map(() => '---'), ...cells].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function partitionText(by: Partitioning<never>['by'], keyText: string): string {
  switch (by) {
    case 'text':
      return keyText.startsWith('day, tenant') ? 'murmur2(tenant)' : 'murmur2(key)';
    case 'day':
      return 'day';
    case 'origin':
      return 'as it came';
    case 'single':
      return '1 partition';
  }
}

function cleanupText(cleanup: Cleanup): string {
  if (cleanup.policy === 'compact') return cleanup.lagDays === 0 ? 'compact' : `compact (lag ${cleanup.lagDays} days)`;
  return cleanup.retentionDays === 'unlimited' ? 'delete, no limit' : `delete, ${cleanup.retentionDays} days`;
}
