import type { Logger } from 'pino';
import { openPoller } from '../producers/pollers.ts';
import { createPollerMetrics } from '../producers/polling/metrics.ts';
import type { Poller } from '../producers/polling/poller.ts';
import { oncePerRegistry } from '../runtime/metrics.ts';
import type { World } from './world.ts';

/** Opens a poller with its settings, some of which the command may name, and a journal that is closed with it. */
export async function openWorldPoller(
  world: World,
  name: string,
  overrides: Record<string, unknown> = {},
  logger: Logger = world.logger,
): Promise<Poller & AsyncDisposable> {
  const journal = await world.journal(`poller-${name}`);
  const settings = { ...world.settings.pollers[name], ...overrides };
  const metrics = metricsOf(world.metrics);
  const { secrets, catalog } = world;
  const poller = openPoller(name, settings, { journal, secrets, catalog, metrics, logger, now: Date.now });
  return Object.assign(poller, { [Symbol.asyncDispose]: () => journal.close() });
}

/** All pollers of a process share the same metrics. */
const metricsOf = oncePerRegistry(createPollerMetrics);
