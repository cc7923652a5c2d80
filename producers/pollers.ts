import { ApportionError } from '../runtime/errors.ts';
import { auth0 } from './auth0.ts';
import { awsCostExplorer } from './aws-cost-explorer.ts';
import { castAi } from './cast-ai.ts';
import { datadog } from './datadog.ts';
import { focusFile } from './focus-file.ts';
import { kong } from './kong.ts';
import { kubernetes } from './kubernetes.ts';
import { opencost } from './opencost.ts';
import type { PollerKind } from './poller.ts';
import type { PollerHost } from './polling/host.ts';
import { Poller } from './polling/poller.ts';
import { readPollerSettings } from './polling/settings.ts';

/** Every kind of poller there is. */
const kinds: readonly PollerKind[] = [auth0, awsCostExplorer, castAi, datadog, focusFile, kong, kubernetes, opencost];

/** The kinds, by which pollers are called: `cast-ai`, or `cast-ai:WORD` where there are several of a kind. */
export const pollerNames: readonly string[] = kinds.map(({ name }) => name);

/**
 * Opens a poller with what stands under its name in the settings.
 *
 * @param name the kind, with `:WORD` where there are several of a kind
 * @throws ApportionError `unknown_poller`, or `bad_settings` with all faults and their paths
 */
export function openPoller(name: string, settings: Record<string, unknown>, host: PollerHost): Poller {
  const kind = kindOf(name);
  return new Poller(name, kind, readPollerSettings(name, kind, settings), host);
}

/** Whether there is a poller of that name. */
export function isPollerName(name: string): boolean {
  return kinds.some((kind) => kind.name === name.split(':', 1)[0]);
}

function kindOf(name: string): PollerKind {
  const kind = kinds.find((each) => each.name === name.split(':', 1)[0]);
  if (kind !== undefined) return kind;
  throw new ApportionError(
    'unknown_poller',
    `There is no poller ${name}.`,
    `Choose one of: ${pollerNames.join(', ')}; with :WORD behind it where there are several of a kind.`,
  );
}
