import { parse } from 'yaml';
import { parseCatalog } from '../../attribution/parse-catalog.ts';
import { settlePipeline } from '../../commands/settle.ts';
import { type World, withWorldOf } from '../../commands/world.ts';
import type { SpeechPlatform } from '../../local/demo/speech-platform.ts';
import type { StackAddresses } from '../../local/stack.ts';
import { publishCatalog } from '../../operations/apply-catalog.ts';
import { readSettings } from '../../runtime/config.ts';
import { applyTopics } from '../../runtime/kafka/apply-topics.ts';
import { calls, costReports } from '../../schemas/topics.ts';
import { type Outcome, readOutcome } from './outcome.ts';
import { SupervisedRole } from './supervised-role.ts';

/** Calls are sent in so many batches, and something may happen after each. */
export const BATCHES = 12;
const SETTLE_LIMIT_MS = 120_000;

export interface PipelineRun {
  readonly stack: StackAddresses;
  readonly prefix: string;
  readonly databaseUrl: string;
  readonly platform: SpeechPlatform;
  /** Arguments of `apportion run`, one process for each. */
  readonly processes: readonly (readonly string[])[];
  /** Called after each batch of calls was acknowledged, while the roles work on it. */
  readonly disturb?: (at: Disturbance) => Promise<void>;
}

export interface Disturbance {
  /** From 0. */
  readonly batch: number;
  readonly world: World;
  readonly roles: readonly SupervisedRole[];
}

/**
 * Runs roles as processes of their own, each started again when it dies, streams the platform through them, and gives
 * what has become of it. The roles are stopped in good order at the end.
 */
export async function runPipeline(run: PipelineRun): Promise<Outcome> {
  const env = environmentOf(run);
  const settings = readSettings({ env: { ...env, APPORTION_LOG_LEVEL: 'silent' } });
  const parsed = parseCatalog(parse(run.platform.catalog));
  if (!parsed.ok) throw new Error('the catalog of the demo is wrong');
  let outcome: Outcome | null = null;
  await withWorldOf(settings, async (world) => {
    await applyTopics(settings, { dryRun: false, logger: world.logger });
    const publisher = await world.publisher();
    await publishCatalog(publisher, parsed.catalog, 0);
    const roles = run.processes.map((args) => new SupervisedRole(args, env));
    try {
      await publisher.publish(costReports, run.platform.reports);
      const lines = run.platform.calls;
      const size = Math.ceil(lines.length / BATCHES);
      for (let batch = 0; batch < BATCHES; batch += 1) {
        await publisher.publish(calls, lines.slice(batch * size, (batch + 1) * size));
        await run.disturb?.({ batch, world, roles });
      }
      await settlePipeline(world, { timeoutMs: SETTLE_LIMIT_MS });
      await publisher.publish(costReports, run.platform.restatements);
      await settlePipeline(world, { timeoutMs: SETTLE_LIMIT_MS });
      outcome = await readOutcome(world, run.platform);
    } finally {
      await Promise.all(roles.map((role) => role.stop()));
    }
  });
  if (outcome === null) throw new Error('the run gave nothing');
  return outcome;
}

function environmentOf({ stack, prefix, databaseUrl }: PipelineRun): Record<string, string> {
  return {
    APPORTION_KAFKA_BROKERS: stack.kafkaBrokers,
    APPORTION_SCHEMA_REGISTRY_URL: stack.schemaRegistryUrl,
    APPORTION_DATABASE_URL: databaseUrl,
    APPORTION_TOPIC_PREFIX: prefix,
    APPORTION_COMMIT_INTERVAL_MS: '50',
    APPORTION_OPEN_DAY_INTERVAL_MS: '100',
    // The dead are found out sooner than in production, so that many can die in a minute.
    APPORTION_SESSION_TIMEOUT_MS: '6000',
  };
}
