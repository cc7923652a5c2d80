import { Command, Option } from 'commander';
import { type AclRole, aclRoles, aclsOf, grantCommand } from '../runtime/kafka/acls.ts';
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
        const outcome = await applyTopics(world.settings, {
          kafka: world.kafka,
          logger: world.logger,
          dryRun: options.dryRun === true,
        });
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
  command
    .command('acls')
    .description('print the commands that permit each role what it does, for a Kafka with authorization on')
    .addOption(new Option('--role <role>', 'of this role alone').choices(aclRoles))
    .option('--principal <principal>', 'who a role is, with {role} for its name', 'User:{role}')
    .option('--prefix <prefix>', 'prefix of the names', 'apportion.')
    .action(({ role, principal, prefix }: { role?: AclRole; principal: string; prefix: string }) => {
      for (const each of role === undefined ? aclRoles : [role]) {
        console.log(`# ${each}`);
        for (const acl of aclsOf(each, prefix)) console.log(grantCommand(acl, principal.replaceAll('{role}', each)));
      }
    });
  return command;
}

function topicsTable(prefix: string): string {
  return table(
    ['topic', 'key', 'partition', 'clean-up', 'written by', 'read by'].map((title) => ({ title })),
    topicRows(prefix).map((row) => [row.topic, row.key, row.partition, row.cleanup, row.writtenBy, row.readBy]),
  );
}
