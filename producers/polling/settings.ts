import { z } from 'zod';
import { ApportionError } from '../../runtime/errors.ts';
import type { PollerKind } from '../poller.ts';

/** The settings that every poller has beside its own. */
export const commonShape = z.strictObject({
  /** Cron expression in UTC of five fields, or six with seconds first. */
  schedule: z.string().min(1),
  /** A random pause before each run, so that many pollers do not ask at the same instant. */
  jitterSeconds: z.int().min(0).max(3600).default(10),
  /** What records name as their source: rules and expectations of the catalog refer to it. */
  source: z.string().min(1),
  /** A run that takes longer is ended. */
  runMinutes: z
    .number()
    .positive()
    .max(24 * 60)
    .default(20),
  /** A request that takes longer is ended and tried again. */
  requestSeconds: z.number().positive().max(600),
  /** Lets a day that had cost become one without any when the source says so. Without it such an answer changes nothing. */
  acceptEmpty: z.boolean().default(false),
  /** Requests a day (UTC), for sources that are paid by request; none beyond. */
  dailyRequests: z.int().min(1).nullable(),
});

const REQUEST_SECONDS = 30;

export type CommonSettings = z.output<typeof commonShape>;

export interface PollerSettings {
  readonly common: CommonSettings;
  readonly own: Record<string, unknown>;
}

/**
 * Reads what stands under `pollers.<name>` in the settings.
 *
 * @throws ApportionError `bad_settings` with all faults and their paths
 */
export function readPollerSettings(name: string, kind: PollerKind, settings: unknown): PollerSettings {
  const { schedule, source, dailyRequests = null, requestSeconds = REQUEST_SECONDS } = kind;
  const shape = z.strictObject({
    ...commonShape.shape,
    schedule: commonShape.shape.schedule.default(schedule),
    source: commonShape.shape.source.default(source),
    dailyRequests: commonShape.shape.dailyRequests.default(dailyRequests),
    requestSeconds: commonShape.shape.requestSeconds.default(requestSeconds),
    ...kind.settings.shape,
  });
  const parsed = shape.safeParse(settings);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `  pollers.${[name, ...issue.path].join('.')}: ${issue.message}`);
    throw new ApportionError(
      'bad_settings',
      `The settings of the poller ${name} are wrong:\n${faults.join('\n')}`,
      `Mend them in the file of --config, under pollers.${name}.`,
    );
  }
  const entries = Object.entries(parsed.data);
  const isCommon = (key: string): boolean => key in commonShape.shape;
  return {
    common: Object.fromEntries(entries.filter(([key]) => isCommon(key))) as CommonSettings,
    own: Object.fromEntries(entries.filter(([key]) => !isCommon(key))),
  };
}
