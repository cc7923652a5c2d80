import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ServerName } from '../../local/data-folder.ts';
import { killServer, startServer, stopServer } from '../../local/single-server.ts';
import { ownStack } from '../integration/stack.ts';
import { differences } from './differences.ts';
import { faultInput } from './input.ts';
import { type PipelineRun, withRun } from './pipeline-run.ts';
import { roleNames } from './scenario.ts';
import type { SupervisedRole } from './supervised-role.ts';

const stack = await ownStack();
const input = faultInput({ seed: 11, nowMs: Date.now(), calls: 12_000, days: 14, callsPerPiece: 40 });

/** What the log says of it; the group is the time since when. */
const away: Readonly<Record<ServerName, RegExp>> = {
  kafka: /^Kafka is away since (\S+): trying again$/,
  registry: /^The schema registry at http\S+ is away since (\S+): trying again$/,
  postgres: /^Postgres, to .*, is away since (\S+): trying again$/,
};

describe('roles wait for a server, say since when, and all is as if it had always been there', {
  timeout: 280_000,
}, () => {
  test('Kafka: away at the start, stopped and killed in the middle', async () => {
    await withRun(stack, input, async (run) => {
      const roles = await startWithout(run, 'kafka', roleNames);
      await sendWithout(run, 'kafka', stopServer, 0.3, roles);
      await sendWithout(run, 'kafka', killServer, 0.6, roles);
      await run.sendUntil(1);
      await assertRight(run);
    });
  });

  test('the registry: away at the start, and in the middle when a newer schema comes', async () => {
    await withRun(stack, input, async (run) => {
      const roles = await startWithout(run, 'registry', roleNames);
      await run.sendUntil(0.4);
      await sendWithout(run, 'registry', killServer, 0.6, roles.slice(0, 1));
      await run.sendUntil(1);
      await assertRight(run);
    });
  });

  test('Postgres: away at the start, stopped and killed in the middle', async () => {
    await withRun(stack, input, async (run) => {
      const roles = await startWithout(run, 'postgres', ['postgres-sink']);
      const sink = roles.slice(2);
      await sendWithout(run, 'postgres', stopServer, 0.3, sink);
      await sendWithout(run, 'postgres', killServer, 0.6, sink);
      await run.sendUntil(1);
      await assertRight(run);
    });
  });
});

/** All that was sent has come to what follows from it. */
async function assertRight(run: PipelineRun): Promise<void> {
  const outcome = await run.outcome();
  assert.deepEqual(differences(await run.expected(), outcome), []);
  await run.audit();
}

/** Starts the roles while the server is away; those named must say so. */
async function startWithout(
  run: PipelineRun,
  server: ServerName,
  waiting: readonly string[],
): Promise<readonly SupervisedRole[]> {
  const begunMs = Date.now();
  await stopServer(stack.dataFolder, server);
  const roles = run.start(...roleNames.map((name) => [name]));
  await untilTold(
    server,
    begunMs,
    roles.filter(({ name }) => waiting.includes(name)),
  );
  await startServer(stack.dataFolder, server);
  await Promise.all(roles.map((role) => role.untilLive()));
  return roles;
}

/** Sends a part of the input; when some of it is acknowledged the server ends, until those that need it have said so. */
async function sendWithout(
  run: PipelineRun,
  server: ServerName,
  end: (dataFolder: string, name: ServerName) => Promise<void>,
  to: number,
  waiting: readonly SupervisedRole[],
): Promise<void> {
  const some = Promise.withResolvers<void>();
  const sending = run.sendUntil(to, () => some.resolve());
  await Promise.race([some.promise, sending]);
  const begunMs = Date.now();
  await end(stack.dataFolder, server);
  await untilTold(server, begunMs, waiting);
  await startServer(stack.dataFolder, server);
  await sending;
  // An outage has ended only when everybody is through with what waited for it: the next one has a time of its own.
  await run.settle();
}

async function untilTold(server: ServerName, begunMs: number, roles: readonly SupervisedRole[]): Promise<void> {
  const tells = (line: string): boolean => {
    const sinceMs = Date.parse(away[server].exec(line)?.[1] ?? '');
    return sinceMs >= begunMs && sinceMs <= Date.now();
  };
  await Promise.all(roles.map((role) => role.untilSaid(`that ${server} is away`, tells)));
}
