import type { Logger } from 'pino';
import type { Journal } from '../../runtime/journal.ts';
import type { Secrets } from '../../runtime/secrets.ts';
import type { Catalog } from '../../schemas/catalog.ts';
import type { Instant } from '../../schemas/scalars.ts';
import type { PollerMetrics } from './metrics.ts';

/** What a poller runs in. */
export interface PollerHost {
  /** The poller's own, by its name. */
  readonly journal: Journal;
  readonly secrets: Secrets;
  /** The catalog in force; null when none was ever applied. */
  readonly catalog: () => Promise<Catalog | null>;
  readonly metrics: PollerMetrics;
  readonly logger: Logger;
  readonly now: () => Instant;
  /** The first pause before a request is tried again; later ones grow from it. */
  readonly firstPauseMs?: number;
}
