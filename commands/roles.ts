import { attribute } from '../processors/attribute.ts';
import { meter } from '../processors/meter.ts';
import { isPollerName } from '../producers/pollers.ts';
import { runOnSchedule } from '../producers/schedule.ts';
import { type ProcessorHost, runProcessor } from '../runtime/kafka/run-processor.ts';
import { createPostgresCommits } from '../sinks/postgres/commits.ts';
import { migrateReporting } from '../sinks/postgres/migrate.ts';
import { postgresSink } from '../sinks/postgres/sink.ts';
import type { World } from './world.ts';
import { openWorldPoller } from './world-poller.ts';

/** Runs a role until the signal is aborted. Rejects with what ends the process. */
export type Role = (world: World, signal: AbortSignal) => Promise<void>;

/** Whether there is a role of that name, `poller NAME` included. */
export function isRoleName(name: string): boolean {
  return findRole(name) !== null;
}

/** Runs the role of that name. */
export async function runRole(name: string, world: World, signal: AbortSignal): Promise<void> {
  const role = findRole(name);
  if (role === null) throw new Error(`there is no role ${name}`);
  return role(world, signal);
}

function findRole(name: string): Role | null {
  const poller = POLLER_ROLE.exec(name)?.[1];
  if (poller !== undefined) return isPollerName(poller) ? pollerRole(poller) : null;
  return Object.hasOwn(roles, name) ? (roles[name] ?? null) : null;
}

const POLLER_ROLE = /^poller (.+)$/;

/** What `apportion run` runs beside pollers, in the order data passes it. */
export const roles: Readonly<Record<string, Role>> = {
  meter: async (world, signal) => {
    const { openDays, maxCallHours } = world.settings;
    await runProcessor(meter, { openDays, maxCallHours }, await hostOf(world, 'meter', signal));
  },
  attribute: async (world, signal) => {
    const { horizonDays, openDayIntervalMs, openDayLinesPerSecond } = world.settings;
    const config = { horizonDays, openDayIntervalMs, openDayLinesPerSecond };
    await runProcessor(attribute, config, await hostOf(world, 'attribute', signal));
  },
  'postgres-sink': async (world, signal) => {
    const logger = world.logger.child({ role: 'postgres-sink' });
    await migrateReporting(world.pool, logger);
    const commits = createPostgresCommits({ pool: world.pool, publisher: await world.publisher(), logger });
    await runProcessor(postgresSink, {}, { ...(await hostOf(world, 'postgres-sink', signal)), commits });
  },
};

/** The roles of `run all`: the pipeline, and every poller that has settings. */
export function allRoles(world: World): readonly string[] {
  const pollers = Object.keys(world.settings.pollers).map((name) => `poller ${name}`);
  return [...pollers, 'meter', 'attribute', 'postgres-sink'];
}

function pollerRole(name: string): Role {
  return async (world, signal) => {
    const logger = world.logger.child({ role: `poller ${name}` });
    await using poller = await openWorldPoller(world, name, {}, logger);
    const { schedule: cron, jitterSeconds } = poller.settings.common;
    const run = async (nextRunAt: number | null): Promise<void> => {
      const outcome = await poller.run({ signal, nextRunAt });
      for (const text of [...outcome.warnings, ...outcome.faults]) logger.warn(text);
      logger.info({ faults: outcome.faultCount }, outcome.summary);
    };
    await poller.announce(null);
    await runOnSchedule({ name, cron, jitterMs: jitterSeconds * 1000, run }, logger, signal);
  };
}

async function hostOf(world: World, role: string, signal: AbortSignal): Promise<Omit<ProcessorHost, 'commits'>> {
  return {
    kafka: world.kafka,
    prefix: world.settings.topicPrefix,
    codec: await world.codec(),
    commitIntervalMs: world.settings.commitIntervalMs,
    sessionTimeoutMs: world.settings.sessionTimeoutMs,
    logger: world.logger.child({ role }),
    signal,
  };
}
