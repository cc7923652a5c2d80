import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import Provider from 'oidc-provider';

/** The APIs that tokens can be for: ours, and one that a stolen token may be of. */
export const AUDIENCE = 'https://costs.example.com';
export const OTHER_AUDIENCE = 'https://other.example.com';

/** Whom the issuer knows: a client of one tenant, and one that belongs to none and may see all. */
export const clients = {
  acme: { id: 'acme-dashboard', secret: 'planted-1', tenant: 'acme' },
  finance: { id: 'finance', secret: 'planted-2', tenant: null },
} as const;

const SCOPES = 'costs:read costs:read:all';
const TOKEN_SECONDS = 300;

export interface IssuerOptions {
  /** The name that tokens and discovery have, where it is not the address: behind a gateway. */
  readonly issuer?: string;
}

/**
 * An OpenID Connect issuer on a free port of 127.0.0.1, in this process: `oidc-provider`, a certified one,
 * https://github.com/panva/node-oidc-provider. It gives access tokens in JWT by client credentials, with the claim
 * `tenant` for clients that belong to one.
 */
export class OidcIssuer implements AsyncDisposable {
  /** Where it listens. */
  readonly url: string;
  readonly issuer: string;
  readonly #server: Server;
  #keys: readonly JsonWebKey[] = [];
  #made = 0;
  #provider: Provider;

  static async start({ issuer }: IssuerOptions = {}): Promise<OidcIssuer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new OidcIssuer(server, issuer);
  }

  private constructor(server: Server, issuer: string | undefined) {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the issuer has no port');
    this.url = `http://127.0.0.1:${address.port}`;
    this.issuer = issuer ?? this.url;
    this.#server = server;
    this.#provider = this.#publish([this.#newKey()]);
    server.on('request', (request, response) => void this.#provider.callback()(request, response));
  }

  /** From now on it signs with a new key; what the old ones have signed stands. */
  rotateKey(): void {
    this.#provider = this.#publish([this.#newKey(), ...this.#keys]);
  }

  /** The keys before the present one are published no more. */
  retireOldKeys(): void {
    this.#provider = this.#publish(this.#keys.slice(0, 1));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #newKey(): JsonWebKey {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.#made += 1;
    return { ...privateKey.export({ format: 'jwk' }), kid: `key-${this.#made}`, alg: 'RS256', use: 'sig' };
  }

  /** Keys cannot be changed in a provider: another one takes its place, at the same address. It signs with the first. */
  #publish(keys: readonly JsonWebKey[]): Provider {
    this.#keys = keys;
    const provider = new Provider(this.issuer, {
      clients: Object.values(clients).map(({ id, secret }) => ({
        client_id: id,
        client_secret: secret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      })),
      features: {
        clientCredentials: { enabled: true },
        devInteractions: { enabled: false },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_, audience) => ({
            scope: SCOPES,
            audience,
            accessTokenFormat: 'jwt',
            accessTokenTTL: TOKEN_SECONDS,
            jwt: { sign: { alg: 'RS256' } },
          }),
        },
      },
      extraTokenClaims: (_, { clientId }) => {
        const tenant = Object.values(clients).find(({ id }) => id === clientId)?.tenant ?? null;
        return tenant === null ? undefined : { tenant };
      },
      jwks: { keys: [...keys] },
    });
    // Behind a gateway, its addresses are those of the gateway.
    provider.proxy = true;
    return provider;
  }
}
