import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { ApportionError } from '../../runtime/errors.ts';
import { ingestConfig } from './config.ts';

const good = { host: '0.0.0.0', port: 8480, tokens: [{ name: 'pbx', token: 'file:/run/secrets/pbx', source: 'pbx' }] };

test('addresses and tokens have no default, limits have', () => {
  const { tokens, ...limits } = ingestConfig(good);
  assert.deepEqual(limits, {
    host: '0.0.0.0',
    port: 8480,
    tokenRefreshMs: 30_000,
    maxBodyBytes: 4_194_304,
    maxBatchCalls: 5_000,
    maxInFlightBytes: 67_108_864,
    publishTimeoutMs: 10_000,
  });
  assert.equal(tokens.length, 1);
});

test('all that is wrong is told at once, with its path', () => {
  const wrong = { port: 70_000, tokens: [{ name: 'pbx', token: 'plain-text', sauce: 'pbx' }], colour: 'red' };
  assert.throws(
    () => ingestConfig(wrong),
    (error) => {
      assert.ok(error instanceof ApportionError);
      for (const fault of [
        /ingest\.host:/,
        /ingest\.port:/,
        /ingest\.tokens\.0\.token: expected env:NAME/,
        /sauce/,
        /colour/,
      ]) {
        assert.match(error.message, fault);
      }
      return true;
    },
  );
  assert.throws(() => ingestConfig(undefined), /ingest\.host[\s\S]*ingest\.tokens/);
  assert.throws(() => ingestConfig({ ...good, tokens: [] }), /ingest\.tokens/);
  assert.throws(() => ingestConfig({ ...good, tokens: [...good.tokens, ...good.tokens] }), /same name/);
  assert.throws(() => ingestConfig({ ...good, maxInFlightBytes: 4_194_303 }), /at least maxBodyBytes/);
});

test('the settings that come with docker-compose.yml are taken', () => {
  const file = join(import.meta.dirname, '../../deploy/ingest.yaml');
  assert.equal(ingestConfig(parse(readFileSync(file, 'utf8')).ingest).tokens.length, 1);
});
