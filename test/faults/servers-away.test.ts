import assert from 'node:assert/strict';
import { test } from 'node:test';
import { speechPlatform } from '../../local/demo/speech-platform.ts';
import { killServer, startServer, stopServer } from '../../local/single-server.ts';
import { dayFrom } from '../../operations/select-days.ts';
import { createDatabase, eventually, freshPrefix, ownStack } from '../integration/stack.ts';
import { differences } from './outcome.ts';
import { runPipeline } from './pipeline-run.ts';

const platform = speechPlatform({ seed: 13, lastDay: dayFrom('lastDay', '2026-10-31'), calls: 3_000 });
const stack = await ownStack();
const run = { stack, platform, processes: [['all']] };
const undisturbed = await runPipeline({
  ...run,
  prefix: freshPrefix(),
  databaseUrl: await createDatabase(stack.databaseUrl),
});

/** What the log calls a server that is away. */
const away = {
  kafka: /Kafka.* is away since/,
  registry: /schema registry.* is away since/,
  postgres: /Postgres.* is away since/,
} as const;

for (const server of ['kafka', 'postgres'] as const) {
  for (const [how, end] of [
    ['stopped', stopServer],
    ['killed', killServer],
  ] as const) {
    test(`${server} ${how} in the middle: the log says so, and nothing is lost when it is back`, async () => {
      const disturbed = await runPipeline({
        ...run,
        prefix: freshPrefix(),
        databaseUrl: await createDatabase(stack.databaseUrl),
        disturb: async ({ batch, roles }) => {
          if (batch !== 5) return;
          const [role] = roles;
          await end(stack.dataFolder, server);
          await eventually(`the log to say that ${server} is away`, () => away[server].test(role?.log ?? ''), 60_000);
          await startServer(stack.dataFolder, server);
          assert.equal(role?.starts, 1, 'the role waits, and does not die');
        },
      });
      assert.deepEqual(differences(undisturbed, disturbed), []);
    });
  }
}

for (const server of ['kafka', 'registry', 'postgres'] as const) {
  test(`${server} away when roles start: they wait, say so, and go on when it is there`, async () => {
    const disturbed = await runPipeline({
      ...run,
      prefix: freshPrefix(),
      databaseUrl: await createDatabase(stack.databaseUrl),
      disturb: async ({ batch, roles }) => {
        if (batch !== 5) return;
        const [role] = roles;
        await stopServer(stack.dataFolder, server);
        await role?.kill();
        await eventually(`the log to say that ${server} is away`, () => away[server].test(role?.log ?? ''), 60_000);
        await startServer(stack.dataFolder, server);
        assert.equal(role?.starts, 2, 'the role waits, and does not die again');
      },
    });
    assert.deepEqual(differences(undisturbed, disturbed), []);
  });
}
