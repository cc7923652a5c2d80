import { Command } from 'commander';
import { pollerNames } from '../producers/pollers.ts';
import { createOperationsServer } from '../runtime/operations-server.ts';
import { Readiness } from '../runtime/readiness.ts';
import { shutdownSignal } from '../runtime/shutdown.ts';
import { allRoles, isRoleName, roles, runRole } from './roles.ts';
import { type World, withWorld } from './world.ts';

/** `apportion run ROLE...` */
export function runCommand(): Command {
  return new Command('run')
    .description('run roles in this process until it is told to stop')
    .argument('<roles...>', 'ingest, meter, attribute, postgres-sink, poller NAME, or all')
    .action((words: string[], _options: object, self: Command) => {
      const names = roleNames(words, (message) => self.error(`error: ${message}`));
      return withWorld(self, (world) => runRoles(world, names ?? allRoles(world), shutdownSignal(world.logger)));
    });
}

/** Runs roles together: when one ends with an error, the others are stopped in good order and the error is thrown. */
export async function runRoles(world: World, names: readonly string[], signal: AbortSignal): Promise<void> {
  const readiness = new Readiness(names);
  await using _operations = await serveOperations(world, readiness);
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const running = names.map(async (name) => {
    world.logger.info({ role: name }, `${name} starts`);
    try {
      await runRole(name, world, stop, () => readiness.reached(name));
      world.logger.info({ role: name }, `${name} has stopped`);
    } catch (error) {
      world.logger.error({ role: name, err: error }, `${name} cannot go on`);
      failed.abort();
      throw error;
    }
  });
  const outcomes = await Promise.allSettled(running);
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

/** Serves what operators ask until it is disposed of; nothing where no port is set. */
async function serveOperations(world: World, readiness: Readiness): Promise<AsyncDisposable> {
  const { operationsHost: host, operationsPort: port } = world.settings;
  if (port === 0) return new AsyncDisposableStack();
  const { metrics, logger } = world;
  const server = createOperationsServer({ metrics, readiness, logger });
  logger.info(`metrics and health are at ${await server.listen({ host, port })}`);
  return { [Symbol.asyncDispose]: () => server.close() };
}

/** Reads `meter attribute poller focus-file`; null for `all`. */
function roleNames(words: readonly string[], refuse: (message: string) => never): readonly string[] | null {
  if (words.length === 1 && words[0] === 'all') return null;
  if (words.includes('all')) refuse("'all' stands alone: it is all roles, and all pollers that have settings.");
  const names: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const isPoller = words[at] === 'poller';
    const name = isPoller ? `poller ${words[++at] ?? ''}` : (words[at] ?? '');
    if (!isRoleName(name)) {
      if (isPoller) refuse(`There is no poller '${words[at] ?? ''}'. Pollers: ${pollerNames.join(', ')}.`);
      refuse(`There is no role '${name}'. Roles: ${Object.keys(roles).join(', ')}, poller NAME, all.`);
    }
    names.push(name);
  }
  return names;
}
