import type { Logger } from 'pino';
import { z } from 'zod';
import type { Secrets } from '../../runtime/secrets.ts';
import type { Instant } from '../../schemas/scalars.ts';
import { auth0 } from '../auth0.ts';
import { readPollerSettings } from '../polling/settings.ts';
import { createSourceHttp } from '../polling/source-http.ts';
import { Access, credentials } from './access.ts';
import { Auth0Api, type Organization } from './api.ts';

export interface ListOrganizationsOptions {
  /** Name and settings of the poller that reads the logs of the same Auth0 tenant. */
  readonly poller: string;
  readonly settings: Record<string, unknown>;
  readonly secrets: Secrets;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly now: Instant;
}

const own = z.object({ url: z.string(), credentials });

/**
 * The organisations of an Auth0 tenant.
 *
 * @throws ApportionError `bad_settings`, `secret_missing`, `secret_unreadable`, and those of polling/errors.ts
 */
export async function listOrganizations(options: ListOrganizationsOptions): Promise<readonly Organization[]> {
  const { poller, settings, secrets, logger, signal, now } = options;
  const read = readPollerSettings(poller, auth0, settings);
  const { url, credentials } = own.parse(read.own);
  const http = createSourceHttp({ logger, signal, requestMs: read.common.requestSeconds * 1000 });
  const secret: Secrets['read'] = (ref) => secrets.read(ref);
  const token = await new Access({ url, credentials }).token({ http, secret, startedAt: now });
  return new Auth0Api(http, url, token).organizations();
}
