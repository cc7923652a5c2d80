import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import { z } from 'zod';
import { readExchanges, recordingFolder } from './exchange.ts';
import { tokens } from './kubernetes/cluster.ts';
import { AUDIENCE, clients } from './oidc.ts';

const root = join(import.meta.dirname, '..', 'recordings');
// Other files there are answers that people have kept.
const folders = globSync('**/001.json', { cwd: root }).map(dirname);
const secrets = [...Object.values(tokens), ...Object.values(clients).map(({ secret }) => secret)];

test('there are recordings', () => {
  assert.notEqual(folders.length, 0);
});

for (const folder of folders) {
  test(`${folder} can be read, and holds no token of a client and no private key`, () => {
    for (const { request, answer } of readExchanges(join(root, folder))) {
      const text = [request.path, request.body, answer.body, JSON.stringify([request.headers, answer.headers])].join(
        '\n',
      );
      for (const secret of secrets) assert.ok(!text.includes(secret));
      assert.doesNotMatch(text, /PRIVATE KEY|"(d|p|q|dp|dq|qi|k)": ?"/);
    }
  });
}

test('the recorded token of an issuer is signed by the key that its name leads to', async () => {
  const answers = readExchanges(recordingFolder('oidc/keys-and-token')).map(({ answer }) => answer.body.toString());
  const [{ issuer }, jwks, { access_token: token }] = oidcShape.parse(answers.map((body) => JSON.parse(body)));
  const keys = createLocalJWKSet(jwks);
  const { iat = 0 } = decodeJwt(token);
  const { payload } = await jwtVerify(token, keys, { issuer, audience: AUDIENCE, currentDate: new Date(iat * 1000) });
  assert.partialDeepStrictEqual(payload, { tenant: 'acme', scope: 'costs:read' });
});

const oidcShape = z.tuple([
  z.object({ issuer: z.string() }),
  z.object({ keys: z.array(z.looseObject({ kty: z.string() })) }),
  z.object({ access_token: z.string() }),
]);
