import { createHash, timingSafeEqual } from 'node:crypto';
import type { Logger } from 'pino';
import { Outage } from '../../runtime/retry.ts';
import type { Secrets } from '../../runtime/secrets.ts';
import { producerError } from '../errors.ts';
import type { IngestConfig } from './config.ts';

/** Whom a token lets in. */
export interface Sender {
  readonly name: string;
  /** The only source that its calls may have; null for any. */
  readonly source: string | null;
}

export interface Tokens extends Disposable {
  /** Who sends a request with this Authorization header; null when nobody who may. */
  senderOf(authorization: string | undefined): Sender | null;
  /** Reads the tokens anew; one that cannot be read stays as it was. */
  refresh(): Promise<void>;
}

/**
 * Reads all tokens, and again every `tokenRefreshMs`, so that they are rotated without a restart.
 * @throws ApportionError `secret_missing`, `bad_token`
 */
export async function openTokens(config: IngestConfig, secrets: Secrets, logger: Logger): Promise<Tokens> {
  const known = await Promise.all(
    config.tokens.map(async ({ name, token, source = null }) => {
      const read = async (): Promise<Buffer> => digestOf(checked(name, (await secrets.read(token)).trim()));
      return { sender: { name, source }, digest: await read(), read, outage: new Outage(`The token ${name}`, logger) };
    }),
  );

  const refresh = async (): Promise<void> => {
    for (const token of known) {
      try {
        token.digest = await token.read();
        token.outage.end();
      } catch (error) {
        // While a file is being replaced it may be gone. The senders go on with the token they have.
        token.outage.note(error);
      }
    }
  };
  const timer = setInterval(() => void refresh(), config.tokenRefreshMs).unref();

  return {
    refresh,
    senderOf: (authorization) => {
      const [, text] = BEARER.exec(authorization ?? '') ?? [];
      if (text === undefined) return null;
      const digest = digestOf(text);
      let sender: Sender | null = null;
      // All are compared, digests of equal length each, so that the time tells nothing about any.
      for (const token of known) if (timingSafeEqual(token.digest, digest)) sender = token.sender;
      return sender;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/** RFC 6750, section 2.1. */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;
const MIN_TOKEN_LENGTH = 16;
const MAX_TOKEN_LENGTH = 4096;

function checked(name: string, token: string): string {
  if (token.length < MIN_TOKEN_LENGTH || token.length > MAX_TOKEN_LENGTH || !BEARER.test(`Bearer ${token}`)) {
    throw producerError('bad_token', `The token ${name} is none that a request can carry safely.`);
  }
  return token;
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
