import { z } from 'zod';
import { ApportionError } from '../runtime/errors.ts';
import type { Publisher } from '../runtime/publisher.ts';
import type { Day } from '../schemas/scalars.ts';
import { focusFileShape } from './focus-file/config.ts';
import { type FocusResult, sendFocusFiles } from './focus-file.ts';

/** A source of cost or usage that is asked from time to time. */
export interface Poller {
  readonly name: string;
  /** When it is asked, as a cron expression in UTC. */
  readonly schedule: string;
  readonly jitterMs: number;
  /** Asks once and publishes what it was told of the days that are wanted: of all it knows when nothing is said. */
  poll(publisher: Publisher, isWanted?: (day: Day) => boolean): Promise<PollOutcome>;
}

export interface PollOutcome {
  readonly summary: string;
  /** What could not be used, in sentences, for people; `faultCount` counts all of it. */
  readonly faults: readonly string[];
  readonly faultCount: number;
}

const scheduleShape = z.strictObject({
  schedule: z.string().min(1).default('*/5 * * * *'),
  jitterSeconds: z.int().min(0).max(3600).default(10),
});

/** How each poller is made of its settings. */
const makers: Readonly<Record<string, (settings: Record<string, unknown>) => Poller>> = {
  'focus-file': (settings) => {
    const shape = z.strictObject({ ...focusFileShape.shape, ...scheduleShape.shape });
    const { schedule, jitterSeconds, ...config } = checked('focus-file', shape, settings);
    const poll: Poller['poll'] = async (publisher, isWanted) =>
      focusOutcome(await sendFocusFiles(config, publisher, isWanted));
    return { name: 'focus-file', schedule, jitterMs: jitterSeconds * 1000, poll };
  },
};

/** The names of all pollers there are. */
export const pollerNames: readonly string[] = Object.keys(makers);

/**
 * Makes a poller of its settings.
 *
 * @throws ApportionError `unknown_poller`, or `bad_settings` with all faults and their paths
 */
export function makePoller(name: string, settings: Record<string, unknown>): Poller {
  const make = makers[name];
  if (make !== undefined) return make(settings);
  throw new ApportionError(
    'unknown_poller',
    `There is no poller ${name}.`,
    `Choose one of: ${pollerNames.join(', ')}.`,
  );
}

function checked<Shape extends z.ZodType>(name: string, shape: Shape, settings: unknown): z.output<Shape> {
  const parsed = shape.safeParse(settings);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `  pollers.${[name, ...issue.path].join('.')}: ${issue.message}`);
  throw new ApportionError(
    'bad_settings',
    `The settings of the poller ${name} are wrong:\n${faults.join('\n')}`,
    `Mend them in the file of --config, under pollers.${name}.`,
  );
}

function focusOutcome(result: FocusResult): PollOutcome {
  return {
    summary: `${result.reports} reports of ${result.rows} rows in ${result.files} files`,
    faults: result.faults.map(({ file, row, detail }) => (file === '' ? detail : `${file}:${row}: ${detail}`)),
    faultCount: result.faultCount,
  };
}
