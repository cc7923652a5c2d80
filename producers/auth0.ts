import { z } from 'zod';
import { Access, credentials } from './auth0/access.ts';
import { Auth0Api } from './auth0/api.ts';
import { readLogins } from './auth0/read-logins.ts';
import { definePoller } from './poller.ts';
import { day } from './polling/fields.ts';

const settings = z.strictObject({
  /** The tenant's own address, `https://acme.eu.auth0.com`, not a custom domain: tokens are made out for it. */
  url: z.url(),
  credentials,
  /** Types of log entries that count as a login. One interactive login gives an `s` and a `seacft`. */
  types: z.array(z.string().min(1)).min(1).default(['s']),
  /** The first run counts from the start of this day (UTC) on; from now on when left out. */
  since: day.nullable().default(null),
  /** For how long Auth0 keeps logs: 1 day on its plan Free, 5 on Essentials, 10 on Professional, 30 on Enterprise. */
  retentionDays: z.int().min(1).max(400).default(1),
  /** A run reads no more pages of 100 log entries; the next one goes on. */
  maxPages: z.int().min(1).max(10_000).default(1000),
});

/** Logins per organisation, from the logs of an Auth0 tenant. */
export const auth0 = definePoller({
  name: 'auth0',
  source: 'auth0',
  settings,
  schedule: '*/5 * * * *',
  lookBack: null,
  create: (config) => {
    const access = new Access(config);
    return async (run) => {
      try {
        await readLogins(run, new Auth0Api(run.http, config.url, await access.token(run)), config);
      } catch (error) {
        // It may be the token that was wrong: the next run asks for another.
        access.forget();
        throw error;
      }
    };
  },
});
