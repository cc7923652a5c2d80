import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { choosePorts } from '../../../local/ports.ts';
import { calls } from '../../../schemas/topics.ts';
import { apportion, startApportion } from '../command.ts';
import { eventually, temporaryFolder, testStack } from '../stack.ts';
import { toyWorld } from '../toy-world.ts';
import { callsOf, postTo, TOKEN } from './ingest-world.ts';

const stack = await testStack();
const { prefix, read } = await toyWorld(stack, { topics: [calls] });
const [port = 0, operationsPort = 0] = await choosePorts(2);
const config = join(temporaryFolder(), 'ingest.yaml');
writeFileSync(
  config,
  `ingest: { host: 127.0.0.1, port: ${port}, tokens: [{ name: test, token: "env:INGEST_TOKEN" }] }\n`,
);
const env = {
  APPORTION_KAFKA_BROKERS: stack.kafkaBrokers,
  APPORTION_SCHEMA_REGISTRY_URL: stack.schemaRegistryUrl,
  APPORTION_DATABASE_URL: stack.databaseUrl,
  APPORTION_TOPIC_PREFIX: prefix,
  APPORTION_OPERATIONS_PORT: String(operationsPort),
  INGEST_TOKEN: TOKEN,
};
const operations = `http://127.0.0.1:${operationsPort}`;
const url = `http://127.0.0.1:${port}/v1/calls`;

/** The topics of other records are not registered under the prefix: the role needs the whole contract. */
assert.equal((await apportion(['topics', 'apply'], env)).code, 0);

test('a role that is told to stop answers what is under way, and loses nothing that it has accepted', async () => {
  const role = startApportion(['run', 'ingest', '--config', config], env);
  let log = '';
  if (role.stderr !== null)
    createInterface(role.stderr).on('line', (line) => {
      log += `${line}\n`;
    });
  const exited = once(role, 'exit');
  await eventually('it is ready', async () => (await fetch(`${operations}/readyz`)).status === 200, 60_000);

  const accepted: string[] = [];
  const refused: number[] = [];
  let isStopping = false;
  const send = async (sender: number): Promise<void> => {
    for (let batch = 0; ; batch++) {
      const sent = callsOf(20, `${sender}-${batch}-`);
      try {
        const { status } = await postTo(url, sent);
        if (status === 202) accepted.push(...sent.map(({ callId }) => callId));
        else refused.push(status);
      } catch (error) {
        // The connection is gone: nothing was said of the batch.
        if (isStopping) return;
        throw error;
      }
    }
  };
  const sending = Promise.all(Array.from({ length: 8 }, (_, sender) => send(sender)));
  await eventually('much is accepted', () => accepted.length > 2_000);
  assert.match(await (await fetch(`${operations}/metrics`)).text(), /^apportion_ingest_calls_accepted_total [1-9]/m);
  isStopping = true;
  role.kill('SIGTERM');
  const [code] = await exited;
  await sending;
  assert.equal(code, 0, log);
  assert.ok(
    refused.every((status) => status === 503),
    String(refused),
  );
  const held = new Set((await read(calls)).map(({ callId }) => callId));
  assert.deepEqual(
    accepted.filter((callId) => !held.has(callId)),
    [],
  );
});

test('without settings, or without its token, the role does not start, and says what is missing', async () => {
  const bare = await apportion(['run', 'ingest'], env);
  assert.equal(bare.code, 1);
  assert.match(bare.stderr, /ingest\.host[\s\S]*ingest\.tokens/);
  const tokenless = await apportion(['run', 'ingest', '--config', config], { ...env, INGEST_TOKEN: '' });
  assert.equal(tokenless.code, 1);
  assert.match(tokenless.stderr, /no secret at env:INGEST_TOKEN/);
});
