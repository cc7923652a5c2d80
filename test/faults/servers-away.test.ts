import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ServerName, serverNames } from '../../local/data-folder.ts';
import { killServer, startServer, stopServer } from '../integration/single-server.ts';
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

test('roles wait for every server, say since when, and all is as if it had always been there', {
  timeout: 280_000,
}, async () => {
  await withRun(stack, input, async (run) => {
    const roles = await startWithoutServers(run);
    const sinks = roles.filter(({ name }) => name === 'postgres-sink');
    await sendWithout(run, 'kafka', 0.4, roles);
    // A newer schema comes in this part: who has read one asks the registry for it.
    await sendWithout(run, 'registry', 0.6, roles.slice(0, 1));
    await sendWithout(run, 'postgres', 0.9, sinks);
    await run.sendUntil(1);
    const outcome = await run.outcome();
    assert.deepEqual(differences(await run.expected(), outcome), []);
    await run.audit();
  });
});

/** Starts the roles while all servers are away, and then these, in the order in which the roles ask for them. */
async function startWithoutServers(run: PipelineRun): Promise<readonly SupervisedRole[]> {
  const begunMs = Date.now();
  await Promise.all(serverNames.map((server) => stopServer(stack.dataFolder, server)));
  const roles = run.start(...roleNames.map((name) => [name]));
  for (const server of ['postgres', 'registry', 'kafka'] as const) {
    const asking = server === 'postgres' ? roles.filter(({ name }) => name === 'postgres-sink') : roles;
    await untilTold(server, begunMs, asking);
    await startServer(stack.dataFolder, server);
  }
  await Promise.all(roles.map((role) => role.untilLive()));
  return roles;
}

/** Sends a part of the input; when some of it is acknowledged the server is killed, until those that need it say so. */
async function sendWithout(
  run: PipelineRun,
  server: ServerName,
  to: number,
  waiting: readonly SupervisedRole[],
): Promise<void> {
  const some = Promise.withResolvers<void>();
  const sending = run.sendUntil(to, () => some.resolve());
  await Promise.race([some.promise, sending]);
  const begunMs = Date.now();
  await killServer(stack.dataFolder, server);
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
