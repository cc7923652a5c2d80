import { LosslessNumber } from 'lossless-json';
import { z } from 'zod';
import { hide } from '../../runtime/redaction.ts';
import { secretRef } from '../../runtime/secrets.ts';
import type { Instant } from '../../schemas/scalars.ts';
import type { PollRun } from '../poller.ts';
import { readJson } from '../polling/read-json.ts';

/** Of a machine-to-machine application, or a token of the Management API that somebody else renews. */
export const credentials = z.union(
  [z.strictObject({ clientId: secretRef, clientSecret: secretRef }), z.strictObject({ token: secretRef })],
  { error: 'expected clientId and clientSecret, or token, each as env:NAME, file:/path or secret:aws:NAME' },
);

export interface AccessOptions {
  readonly url: string;
  readonly credentials: z.output<typeof credentials>;
}

/** https://auth0.com/docs/secure/tokens/access-tokens/management-api-access-tokens */
const tokenShape = z.object({
  access_token: z.string().min(1),
  /** Seconds. */
  expires_in: z.instanceof(LosslessNumber).transform((number) => Number(number.value)),
});

/** A token that ends sooner is not begun a run with. Runs take seconds; catching up after an outage takes minutes. */
const MIN_LEFT_MS = 30 * 60_000;

/** The token for the Management API: one is asked for, and used until shortly before it ends. */
export class Access {
  readonly #options: AccessOptions;
  #held: { readonly token: string; readonly endsAt: Instant } | null = null;

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  async token(run: Pick<PollRun, 'http' | 'secret' | 'startedAt'>): Promise<string> {
    const { url, credentials } = this.#options;
    if ('token' in credentials) return run.secret(credentials.token);
    if (this.#held !== null && this.#held.endsAt - run.startedAt > MIN_LEFT_MS) return this.#held.token;
    const body = JSON.stringify({
      grant_type: 'client_credentials',
      client_id: await run.secret(credentials.clientId),
      client_secret: await run.secret(credentials.clientSecret),
      audience: new URL('/api/v2/', url).href,
    });
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    const { text } = await run.http.send({ url: new URL('/oauth/token', url), method: 'POST', headers, body });
    const { access_token: token, expires_in: seconds } = readJson(text, tokenShape, '/oauth/token');
    hide(token);
    this.#held = { token, endsAt: run.startedAt + seconds * 1000 };
    return token;
  }

  forget(): void {
    this.#held = null;
  }
}
