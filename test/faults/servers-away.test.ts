import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { ServerName } from '../../local/data-folder.ts';
import { killServer, startServer, stopServer } from '../../local/single-server.ts';
import { ownStack } from '../integration/stack.ts';
import { differences, differencesButRepeats } from './differences.ts';
import { faultInput } from './input.ts';
import type { Outcome } from './outcome.ts';
import { type PipelineRun, roleNames, withRun } from './pipeline-run.ts';
import type { SupervisedRole } from './supervised-role.ts';

const stack = await ownStack();
const input = faultInput(Date.now());

/** What the log says of it; the group is the time since when. */
const away: Readonly<Record<ServerName, RegExp>> = {
  kafka: /^Kafka is away since (\S+): trying again$/,
  registry: /^The schema registry at http\S+ is away since (\S+): trying again$/,
  postgres: /^Postgres, to .*, is away since (\S+): trying again$/,
};

describe('roles wait for a server, say since when, and all is as if it had always been there', {
  timeout: 280_000,
}, () => {
  let undisturbed: Outcome;

  before(async () => {
    undisturbed = await withRun(stack, input, async (run) => {
      await Promise.all(run.start(['all']).map((role) => role.untilLive()));
      await run.send(0, 1);
      return run.outcome();
    });
  });

  test('Kafka: away at the start, stopped and killed in the middle', async () => {
    await withRun(stack, input, async (run) => {
      const roles = await startWithout(run, 'kafka', roleNames);
      await sendWithout(run, 'kafka', stopServer, [0, 0.3], roles);
      await sendWithout(run, 'kafka', killServer, [0.3, 0.6], roles);
      await run.send(0.6, 1);
      // Whoever sent what was not acknowledged sends it again.
      assert.deepEqual(differencesButRepeats(undisturbed, await run.outcome()), []);
      await run.audit();
    });
  });

  test('the registry: away at the start, and in the middle when a newer schema comes', async () => {
    await withRun(stack, input, async (run) => {
      const roles = await startWithout(run, 'registry', roleNames);
      await run.send(0, 0.4);
      await sendWithout(run, 'registry', killServer, [0.4, 0.6], roles.slice(0, 1));
      await run.send(0.6, 1);
      assert.deepEqual(differences(undisturbed, await run.outcome()), []);
      await run.audit();
    });
  });

  test('Postgres: away at the start, stopped and killed in the middle', async () => {
    await withRun(stack, input, async (run) => {
      const roles = await startWithout(run, 'postgres', ['postgres-sink']);
      const sink = roles.slice(2);
      await sendWithout(run, 'postgres', stopServer, [0, 0.3], sink);
      await sendWithout(run, 'postgres', killServer, [0.3, 0.6], sink);
      await run.send(0.6, 1);
      assert.deepEqual(differences(undisturbed, await run.outcome()), []);
      await run.audit();
    });
  });
});

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
  [from, to]: readonly [number, number],
  waiting: readonly SupervisedRole[],
): Promise<void> {
  const some = Promise.withResolvers<void>();
  const sending = run.send(from, to, () => some.resolve());
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
