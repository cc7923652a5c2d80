import { attribute } from '../processors/attribute.ts';
import { meter } from '../processors/meter.ts';
import { makePoller, pollerNames } from '../producers/pollers.ts';
import { runOnSchedule } from '../producers/schedule.ts';
import { type ProcessorHost, runProcessor } from '../runtime/kafka/run-processor.ts';
import { createPostgresCommits } from '../sinks/postgres/commits.ts';
import { migrateReporting } from '../sinks/postgres/migrate.ts';
import { postgresSink } from '../sinks/postgres/sink.ts';
import type { World } from './world.ts';

/** Runs a role until the signal is aborted. Rejects with what ends the process. */
export type Role = (world: World, signal: AbortSignal) => Promise<void>;

/** What `apportion run` runs, in the order data passes it. Pollers come by their own names. */
export const roles: Readonly<Record<string, Role>> = {
  ...Object.fromEntries(pollerNames.map((name) => [`poller ${name}`, pollerRole(name)])),
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
    const poller = makePoller(name, world.settings.pollers[name] ?? {});
    const publisher = await world.publisher();
    const run = async (): Promise<void> => {
      const outcome = await poller.poll(publisher);
      for (const fault of outcome.faults) logger.warn(fault);
      logger.info({ faults: outcome.faultCount }, outcome.summary);
    };
    await runOnSchedule({ name, cron: poller.schedule, jitterMs: poller.jitterMs, run }, logger, signal);
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
