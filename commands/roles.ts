import { once } from 'node:events';
import { attribute } from '../processors/attribute.ts';
import { meter } from '../processors/meter.ts';
import { ingestConfig } from '../producers/call-ingest/config.ts';
import { startCallIngest } from '../producers/call-ingest.ts';
import { isPollerName } from '../producers/pollers.ts';
import { runOnSchedule } from '../producers/schedule.ts';
import { createLetterWriter } from '../runtime/kafka/letter-writer.ts';
import { reachKafka } from '../runtime/kafka/reach-kafka.ts';
import { type ProcessorHost, runProcessor } from '../runtime/kafka/run-processor.ts';
import { createPostgresCommits } from '../sinks/postgres/commits.ts';
import { migrateReporting } from '../sinks/postgres/migrate.ts';
import { postgresSink } from '../sinks/postgres/sink.ts';
import type { World } from './world.ts';
import { openWorldPoller } from './world-poller.ts';

/**
 * Runs a role until the signal is aborted. Rejects with what ends the process. `reached` is called when the role has
 * reached the servers that it needs.
 */
export type Role = (world: World, signal: AbortSignal, reached: () => void) => Promise<void>;

const HOUR_MS = 3_600_000;

/** Whether there is a role of that name, `poller NAME` included. */
export function isRoleName(name: string): boolean {
  return findRole(name) !== null;
}

/** Runs the role of that name. */
export async function runRole(name: string, world: World, signal: AbortSignal, reached: () => void): Promise<void> {
  const role = findRole(name);
  if (role === null) throw new Error(`there is no role ${name}`);
  return role(world, signal, reached);
}

function findRole(name: string): Role | null {
  const poller = POLLER_ROLE.exec(name)?.[1];
  if (poller !== undefined) return isPollerName(poller) ? pollerRole(poller) : null;
  return Object.hasOwn(roles, name) ? (roles[name] ?? null) : null;
}

const POLLER_ROLE = /^poller (.+)$/;

/** What `apportion run` runs beside pollers, in the order data passes it. */
export const roles: Readonly<Record<string, Role>> = {
  ingest: async (world, signal, reached) => {
    const logger = world.logger.child({ role: 'ingest' });
    const ingest = await startCallIngest({
      config: ingestConfig(world.settings.ingest),
      limits: { maxCallMs: world.settings.maxCallHours * HOUR_MS },
      publisher: await world.publisher(),
      secrets: world.secrets,
      metrics: world.metrics,
      logger,
    });
    logger.info(`calls are taken at ${ingest.url}/v1/calls`);
    try {
      // It takes requests before, and answers 503 while Kafka is away.
      const stopped = reachKafka(world.kafka, logger, signal)
        .then(reached)
        .then(() => untilAborted(signal));
      await Promise.race([stopped, ingest.broken]);
    } finally {
      await ingest.close();
    }
  },
  meter: async (world, signal, reached) => {
    const { openDays, maxCallHours } = world.settings;
    await runProcessor(meter, { openDays, maxCallHours }, await hostOf(world, 'meter', signal, reached));
  },
  attribute: async (world, signal, reached) => {
    const { horizonDays, openDayIntervalMs, openDayLinesPerSecond } = world.settings;
    const config = { horizonDays, openDayIntervalMs, openDayLinesPerSecond };
    await runProcessor(attribute, config, await hostOf(world, 'attribute', signal, reached));
  },
  'postgres-sink': async (world, signal, reached) => {
    const logger = world.logger.child({ role: 'postgres-sink' });
    await migrateReporting(world.pool, logger);
    const host = await hostOf(world, 'postgres-sink', signal, reached);
    const letters = createLetterWriter({ ...host, admin: world.admin });
    const commits = createPostgresCommits({ pool: world.pool, letters, logger });
    await runProcessor(postgresSink, {}, { ...host, commits });
  },
};

/** The roles of `run all`: the pipeline, every poller that has settings, and the ingest where it has some. */
export function allRoles(world: World): readonly string[] {
  const pollers = Object.keys(world.settings.pollers).map((name) => `poller ${name}`);
  const ingest = world.settings.ingest === undefined ? [] : ['ingest'];
  return [...pollers, ...ingest, 'meter', 'attribute', 'postgres-sink'];
}

function pollerRole(name: string): Role {
  return async (world, signal, reached) => {
    const logger = world.logger.child({ role: `poller ${name}` });
    await using poller = await openWorldPoller(world, name, {}, logger);
    const { schedule: cron, jitterSeconds } = poller.settings.common;
    const run = async (nextRunAt: number | null): Promise<void> => {
      const outcome = await poller.run({ signal, nextRunAt });
      for (const text of [...outcome.warnings, ...outcome.faults]) logger.warn(text);
      logger.info({ faults: outcome.faultCount }, outcome.summary);
    };
    await poller.announce(null);
    reached();
    await runOnSchedule({ name, cron, jitterMs: jitterSeconds * 1000, run }, logger, signal);
  };
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

async function hostOf(
  world: World,
  role: string,
  signal: AbortSignal,
  onJoin: () => void,
): Promise<Omit<ProcessorHost, 'commits'>> {
  return {
    kafka: world.kafka,
    prefix: world.settings.topicPrefix,
    codec: await world.codec(),
    commitIntervalMs: world.settings.commitIntervalMs,
    sessionTimeoutMs: world.settings.sessionTimeoutMs,
    logger: world.logger.child({ role }),
    metrics: world.metrics,
    signal,
    onJoin,
  };
}
