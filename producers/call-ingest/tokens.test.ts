import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { ApportionError } from '../../runtime/errors.ts';
import { createSecrets } from '../../runtime/secrets.ts';
import { ingestConfig } from './config.ts';
import { openTokens } from './tokens.ts';

const logger = pino({ level: 'silent' });
const OLD = 'old-0123456789abcdef';
const NEW = 'new-0123456789abcdef';
const BOUND = 'bound-0123456789abcdef==';

const config = ingestConfig({
  host: '127.0.0.1',
  port: 0,
  tokens: [
    { name: 'any', token: 'env:ANY' },
    { name: 'pbx', token: 'env:PBX', source: 'pbx' },
  ],
});

test('a token lets its sender in, and nothing else does', async () => {
  using tokens = await openTokens(config, createSecrets({ env: { ANY: OLD, PBX: `${BOUND}\n` } }), logger);
  assert.deepEqual(tokens.senderOf(`Bearer ${OLD}`), { name: 'any', source: null });
  assert.deepEqual(tokens.senderOf(`bearer  ${BOUND}`), { name: 'pbx', source: 'pbx' });
  const wrong = [undefined, '', OLD, 'Bearer', 'Bearer ', `Bearer ${OLD}x`, `Bearer ${OLD.slice(1)}`, `Basic ${OLD}`];
  for (const authorization of [...wrong, `Bearer ${OLD} ${BOUND}`, `Bearer ${OLD},${BOUND}`]) {
    assert.equal(tokens.senderOf(authorization), null, authorization);
  }
});

test('a token that was changed where it stands holds after a refresh, and the old one no longer', async () => {
  const env: Record<string, string | undefined> = { ANY: OLD, PBX: BOUND };
  using tokens = await openTokens(config, createSecrets({ env }), logger);
  env['ANY'] = NEW;
  assert.equal(tokens.senderOf(`Bearer ${OLD}`)?.name, 'any');
  await tokens.refresh();
  assert.equal(tokens.senderOf(`Bearer ${OLD}`), null);
  assert.equal(tokens.senderOf(`Bearer ${NEW}`)?.name, 'any');
});

test('a token that has gone from its place stays as it was', async () => {
  const env: Record<string, string | undefined> = { ANY: OLD, PBX: BOUND };
  using tokens = await openTokens(config, createSecrets({ env }), logger);
  env['ANY'] = undefined;
  env['PBX'] = NEW;
  await tokens.refresh();
  assert.equal(tokens.senderOf(`Bearer ${OLD}`)?.name, 'any');
  assert.equal(tokens.senderOf(`Bearer ${NEW}`)?.name, 'pbx');
});

test('tokens that are missing, short, or no words keep the role from starting, and are not shown', async () => {
  for (const [ANY, code] of [
    [undefined, 'secret_missing'],
    ['0123456789abcde', 'bad_token'],
    ['with a blank in its middle', 'bad_token'],
  ] as const) {
    await assert.rejects(openTokens(config, createSecrets({ env: { ANY, PBX: BOUND } }), logger), (error) => {
      assert.ok(error instanceof ApportionError);
      assert.equal(error.code, code);
      assert.ok(ANY === undefined || !`${error.message}${error.advice}`.includes(ANY));
      return true;
    });
  }
});
