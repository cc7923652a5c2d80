import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { applySchemas } from '../../runtime/kafka/apply-schemas.ts';
import { createRegistryCodec } from '../../runtime/kafka/registry-codec.ts';
import { createLogger } from '../../runtime/logger.ts';
import { calls, topics } from '../../schemas/topics.ts';
import { freshPrefix, testStack } from './stack.ts';

const { schemaRegistryUrl } = await testStack();
const logger = createLogger('silent');
const USER = 'finops:p%40ss%2Fword';

test('a registry that asks for user and password is written and read as whom its URL names', async () => {
  const registryUrl = await guardedRegistry(USER);
  const prefix = freshPrefix();
  const settings = { schemaRegistryUrl: registryUrl, topicPrefix: prefix };
  const applied = await applySchemas(settings, topics, { dryRun: false, logger });
  assert.equal(applied.size, topics.length);
  const codec = await createRegistryCodec({ registryUrl, prefix, topics: [calls], logger });
  assert.equal(await codec.prepare([]), undefined);
});

test('one that does not let in whom the URL names is told so, and nobody waits for it', async () => {
  const settings = { schemaRegistryUrl: await guardedRegistry('finops:wrong'), topicPrefix: freshPrefix() };
  const refused = { code: 'registry_refuses', message: /answers 401 about .*calls/, advice: /USER:PASSWORD/ };
  await assert.rejects(applySchemas(settings, topics, { dryRun: false, logger }), refused);
  const reading = { registryUrl: settings.schemaRegistryUrl, prefix: settings.topicPrefix, logger };
  await assert.rejects(createRegistryCodec({ ...reading, topics: [calls] }), refused);
});

/** The real registry behind a door that lets in one user alone; its URL as the given one has it. */
async function guardedRegistry(user: string): Promise<string> {
  const expected = `Basic ${Buffer.from(decodeURIComponent(USER)).toString('base64')}`;
  const server = createServer(async (request, response) => {
    if (request.headers.authorization !== expected) {
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"message":"who are you?"}');
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const answer = await fetch(`${new URL(schemaRegistryUrl).origin}${request.url}`, {
      method: request.method ?? 'GET',
      headers: { 'content-type': request.headers['content-type'] ?? 'application/json' },
      ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
    });
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
  });
  await listen(server);
  after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return `http://${user}@127.0.0.1:${port}${new URL(schemaRegistryUrl).pathname}`;
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}
