import { Command } from 'commander';
import { table } from '../runtime/terminal/table.ts';
import { topicRows, topicsMarkdown } from '../schemas/topics-table.ts';
import { withWorld } from './world.ts';

/** `apportion topics apply|list` */
export function topicsCommand(): Command {
  const command = new Command('topics').description('create, check and list the topics and their schemas');
  command
    .command('apply')
    .description('create or check topics, register schemas, set compatibility; never shrinks or deletes')
    .option('--dry-run', 'only say what would be done')
    .action((options: { dryRun?: true }) =>
      withWorld(command, async (world) => {
        const { applyTopics } = await import('../runtime/kafka/apply-topics.ts');
        const outcome = await applyTopics(world.settings, { ...world, dryRun: options.dryRun === true });
        const rows = outcome.map((row) => [row.topic, row.action, row.detail]);
        console.log(table([{ title: 'topic' }, { title: 'action' }, { title: 'detail' }], rows));
      }),
    );
  command
    .command('list')
    .description('print all topics as they are declared')
    .option('--format <format>', 'table or markdown', 'table')
    .option('--prefix <prefix>', 'prefix of the names', 'apportion.')
    .action((options: { format: string; prefix: string }) => {
      console.log(options.format === 'markdown' ? topicsMarkdown(options.prefix) : topicsTable(options.prefix));
    });
  return command;
}

function topicsTable(prefix: string): string {
  return table(
    ['topic', 'key', 'partition', 'clean-up', 'written by', 'read by'].map((title) => ({ title })),
    topicRows(prefix).map((row) => [row.topic, row.key, row.partition, row.cleanup, row.writtenBy, row.readBy]),
  );
}
