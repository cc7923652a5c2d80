/** What our API relies on when tokens of an OpenID Connect issuer come to it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import { keepRecording } from './keep-recording.ts';
import { AUDIENCE, clients, OidcIssuer, OTHER_AUDIENCE } from './oidc.ts';
import { Recorder } from './recorder.ts';

const discoveryShape = z.looseObject({ issuer: z.string(), jwks_uri: z.url(), token_endpoint: z.url() });
const jwksShape = z.object({ keys: z.array(z.looseObject({ kid: z.string(), alg: z.string(), use: z.string() })) });
const tokenShape = z.object({
  access_token: z.string(),
  expires_in: z.int(),
  token_type: z.literal('Bearer'),
  scope: z.string().optional(),
});

test('from the name of the issuer its keys are found', async () => {
  await using issuer = await OidcIssuer.start();
  const discovery = await discover(issuer.url);
  assert.deepEqual(discovery.issuer, issuer.issuer);
  const { keys } = jwksShape.parse(await (await fetch(discovery.jwks_uri)).json());
  assert.deepEqual(
    keys.map(({ kid, alg, use }) => [kid, alg, use]),
    [['key-1', 'RS256', 'sig']],
  );
  assert.ok(keys.every((key) => !('d' in key)));
});

test('a token says for which API, for which tenant and for what it is', async () => {
  await using issuer = await OidcIssuer.start();
  const token = await tokenFor(issuer, { scope: 'costs:read' });
  assert.deepEqual(decodeProtectedHeader(token), { typ: 'at+jwt', alg: 'RS256', kid: 'key-1' });
  const { payload } = await verify(token, issuer);
  assert.partialDeepStrictEqual(payload, {
    iss: issuer.url,
    aud: AUDIENCE,
    sub: clients.acme.id,
    client_id: clients.acme.id,
    scope: 'costs:read',
    tenant: 'acme',
  });
});

test('a client of no tenant has no such claim, and scopes are words in one text', async () => {
  await using issuer = await OidcIssuer.start();
  const token = await tokenFor(issuer, { client: clients.finance, scope: 'costs:read costs:read:all' });
  const { scope, ...claims } = decodeJwt<{ scope: string }>(token);
  assert.deepEqual(scope.split(' ').sort(), ['costs:read', 'costs:read:all']);
  assert.ok(!('tenant' in claims));
});

test('a token without any scope has no such claim', async () => {
  await using issuer = await OidcIssuer.start();
  assert.ok(!('scope' in decodeJwt(await tokenFor(issuer, {}))));
});

test('a token of another API or of another issuer is told apart, though the signature is right', async () => {
  await using issuer = await OidcIssuer.start();
  await using other = await OidcIssuer.start();
  const ofOtherApi = await tokenFor(issuer, { audience: OTHER_AUDIENCE });
  await assert.rejects(verify(ofOtherApi, issuer), { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED', claim: 'aud' });
  // Both call their key key-1: only the signature tells.
  await assert.rejects(verify(await tokenFor(other, {}), issuer), { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' });
});

test('a token that names no API is opaque: nothing in it can be read', async () => {
  await using issuer = await OidcIssuer.start();
  assert.equal((await tokenFor(issuer, { audience: null })).split('.').length, 1);
});

test('a wrong secret gets no token', async () => {
  await using issuer = await OidcIssuer.start();
  const wrong = await askToken(issuer.url, { client: { ...clients.acme, secret: 'wrong' } });
  assert.equal(wrong.status, 401);
  assert.partialDeepStrictEqual(await wrong.json(), { error: 'invalid_client' });
});

test('a scope that there is not is left out, and the token comes all the same', async () => {
  await using issuer = await OidcIssuer.start();
  assert.equal(decodeJwt(await tokenFor(issuer, { scope: 'costs:read costs:write' }))['scope'], 'costs:read');
});

test('a token is good for as long as was said, and not a second longer', async () => {
  await using issuer = await OidcIssuer.start();
  const { access_token: token, expires_in: seconds } = tokenShape.parse(await (await askToken(issuer.url, {})).json());
  const { iat = 0, exp = 0 } = decodeJwt(token);
  assert.equal(exp - iat, seconds);
  await verify(token, issuer, { currentDate: new Date((exp - 1) * 1000) });
  await assert.rejects(verify(token, issuer, { currentDate: new Date(exp * 1000) }), { code: 'ERR_JWT_EXPIRED' });
});

test('a new key is found by its id while tokens of the old one stand, until that is published no more', async () => {
  await using issuer = await OidcIssuer.start();
  const keys = await keysOf(issuer);
  const old = await tokenFor(issuer, {});
  await verify(old, issuer, { keys });
  issuer.rotateKey();
  const young = await tokenFor(issuer, {});
  assert.equal(decodeProtectedHeader(young).kid, 'key-2');
  await verify(young, issuer, { keys });
  await verify(old, issuer, { keys });
  issuer.retireOldKeys();
  await verify(young, issuer);
  await assert.rejects(verify(old, issuer), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
  // Who keeps keys goes on taking what they signed, until they are fetched anew.
  await verify(old, issuer, { keys });
});

test('who has just fetched the keys does not see a new one before the cool-down of jose has passed', async () => {
  await using issuer = await OidcIssuer.start();
  const keys = await keysOf(issuer, { cooldownDuration: 30_000 });
  await verify(await tokenFor(issuer, {}), issuer, { keys });
  issuer.rotateKey();
  await assert.rejects(verify(await tokenFor(issuer, {}), issuer, { keys }), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
});

test('behind a gateway the issuer speaks of itself by the name of the gateway', async (t) => {
  const name = 'https://login.example.com';
  await using issuer = await OidcIssuer.start({ issuer: name });
  const recorder = await Recorder.before({ url: issuer.url });
  t.after(() => recorder.close());
  const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'login.example.com' };
  const discovery = await discover(recorder.url, headers);
  assert.partialDeepStrictEqual(discovery, { issuer: name, jwks_uri: `${name}/jwks`, token_endpoint: `${name}/token` });
  await (await fetch(`${recorder.url}/jwks`, { headers })).json();
  assert.equal(decodeJwt(await tokenFor(recorder, { scope: 'costs:read', headers })).iss, name);
  await keepRecording(recorder, 'oidc/keys-and-token');
});

interface Asked {
  readonly client?: { readonly id: string; readonly secret: string };
  readonly scope?: string;
  /** null: the token is for no API. */
  readonly audience?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

async function discover(url: string, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`${url}/.well-known/openid-configuration`, { headers });
  return discoveryShape.parse(await response.json());
}

/** RFC 6749, section 4.4, and RFC 8707 for the API. */
function askToken(url: string, asked: Asked): Promise<Response> {
  const { client = clients.acme, scope, audience = AUDIENCE, headers } = asked;
  const body = new URLSearchParams({ grant_type: 'client_credentials' });
  if (scope !== undefined) body.set('scope', scope);
  if (audience !== null) body.set('resource', audience);
  const authorization = `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`;
  return fetch(`${url}/token`, { method: 'POST', headers: { ...headers, authorization }, body });
}

async function tokenFor({ url }: { readonly url: string }, asked: Asked): Promise<string> {
  const response = await askToken(url, asked);
  return tokenShape.parse(await response.json()).access_token;
}

/** The keys of the issuer, fetched anew at once when one is not among them; by itself jose waits for 30 s. */
async function keysOf({ url }: OidcIssuer, options = { cooldownDuration: 0 }): Promise<JWTVerifyGetKey> {
  return createRemoteJWKSet(new URL((await discover(url)).jwks_uri), options);
}

async function verify(
  token: string,
  issuer: OidcIssuer,
  { keys, currentDate = new Date() }: { readonly keys?: JWTVerifyGetKey; readonly currentDate?: Date } = {},
) {
  const expected = { issuer: issuer.issuer, audience: AUDIENCE, algorithms: ['RS256'], typ: 'at+jwt', currentDate };
  return jwtVerify(token, keys ?? (await keysOf(issuer)), expected);
}
