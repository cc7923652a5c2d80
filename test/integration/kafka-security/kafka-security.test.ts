import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { KafkaClient } from '../../../runtime/kafka/client.ts';
import { createKafka } from '../../../runtime/kafka/create-kafka.ts';
import type { KafkaSecurity } from '../../../runtime/kafka/security.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { kafkaClients } from '../../../runtime/settings.ts';
import { apportion } from '../command.ts';
import { transactionsEnded, valuesOf } from '../committed-values.ts';
import { texts } from '../kafka-client/client-world.ts';
import { eventually, testStack } from '../stack.ts';
import { changes, type Item } from '../toy.ts';
import { expectedTotals, totalsOf, toyWorld } from '../toy-world.ts';
import { PASSWORD, PREFIX, REAUTHENTICATION_MS, securedKafka, USER } from './secured-kafka.ts';

const [stack, { brokers, certificates, folder }] = await Promise.all([testStack(), securedKafka()]);
const ca = certificates.authority.cert;
const trusting = { ca, cert: undefined, key: undefined };
const user = { username: USER, password: PASSWORD };

suite('a broker that asks who one is', { concurrency: true, timeout: 120_000 }, () => {
  for (const client of kafkaClients)
    suite(`by ${client}`, { concurrency: true }, () => {
      for (const [what, broker, security] of [
        ['SCRAM-SHA-512 over TLS', 'SASL_SSL', { tls: trusting, sasl: { ...user, mechanism: 'SCRAM-SHA-512' } }],
        ['SCRAM-SHA-256 in the open', 'SASL_PLAINTEXT', { tls: null, sasl: { ...user, mechanism: 'SCRAM-SHA-256' } }],
        ['PLAIN over TLS', 'SASL_SSL', { tls: trusting, sasl: { ...user, mechanism: 'PLAIN' } }],
        ['a certificate', 'SSL', { tls: { ca, ...certificates.client }, sasl: null }],
      ] as const) {
        test(`is written and read as whoever ${what} says`, async () => {
          const kafka = await open(broker, security);
          const topic = `${PREFIX}${client}.${what.replaceAll(' ', '-')}`;
          const admin = kafka.admin();
          await admin.createTopics([{ topic, partitions: 1, replicationFactor: 1, config: {} }]);
          const producer = await kafka.transactionalProducer(`${topic}.producer`);
          await producer.send(texts(topic, 0, ['one', 'two']));
          await producer.sendPositions(`${topic}.group`, [{ topic, partition: 0, position: 7, metadata: '' }]);
          await producer.commit();
          await producer.discard();
          await transactionsEnded(kafka, topic);
          assert.deepEqual(await valuesOf(kafka, topic), ['one', 'two']);
          const committed = async () => (await admin.committed(`${topic}.group`, [topic])).get(topic)?.get(0);
          await eventually('its position is there', async () => (await committed())?.offset === 7);
          await admin.close();
        });
      }

      for (const [what, broker, security, message] of [
        [
          'a wrong password',
          'SASL_SSL',
          { tls: trusting, sasl: { ...user, password: 'wrong', mechanism: 'SCRAM-SHA-512' } },
          /authentication/i,
        ],
        [
          'a wrong password in the clear',
          'SASL_SSL',
          { tls: trusting, sasl: { ...user, password: 'wrong', mechanism: 'PLAIN' } },
          /authentication/i,
        ],
        [
          'a broker signed by nobody one knows',
          'SASL_SSL',
          { tls: { ...trusting, ca: undefined }, sasl: null },
          /certificate/,
        ],
      ] as const) {
        test(`tells ${what} as what trying again would not help`, async () => {
          const kafka = await open(broker, security);
          const admin = kafka.admin();
          await assert.rejects(admin.reach(), { name: 'KafkaError', fault: 'fatal', message });
          await admin.close();
        });
      }

      test('tells what one may not do as what trying again would not help', async () => {
        const kafka = await open('SASL_SSL', { tls: trusting, sasl: { ...user, mechanism: 'SCRAM-SHA-512' } });
        const admin = kafka.admin();
        const topic = { topic: 'of-somebody-else', partitions: 1, replicationFactor: 1, config: {} };
        await assert.rejects(admin.createTopics([topic]), {
          name: 'KafkaError',
          fault: 'fatal',
          message: /authori[sz]/i,
        });
        await admin.close();
      });

      test('is read and written beyond the time after which it asks anew, and nothing counts twice', async () => {
        const security: KafkaSecurity = { tls: trusting, sasl: { ...user, mechanism: 'SCRAM-SHA-512' } };
        const own = { client, security, prefix: `${PREFIX}${client}.toy.`, partitions: 2 };
        const world = await toyWorld({ ...stack, kafkaBrokers: brokers.SASL_SSL }, own);
        const member = world.startSums();
        const sent: Item[] = [];
        for (const endMs = Date.now() + REAUTHENTICATION_MS + 3_000; Date.now() < endMs; ) {
          const more = Array.from({ length: 20 }, (_, key) => ({ key, amount: 1 }));
          await world.send(more);
          sent.push(...more);
          await eventually('that is read', async () => (await world.sumsLag()) === 0);
        }
        await member.stop();
        const { added, sums } = totalsOf(await world.read(changes));
        assert.deepEqual(added, expectedTotals(sent));
        assert.deepEqual(sums, expectedTotals(sent));
      });

      test('is found by the settings of the command line', async () => {
        const { code, stdout, stderr } = await apportion(['topics', 'apply'], {
          APPORTION_KAFKA_BROKERS: brokers.SASL_SSL,
          APPORTION_KAFKA_CLIENT: client,
          APPORTION_KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
          APPORTION_KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
          APPORTION_KAFKA_SASL_USERNAME: USER,
          APPORTION_KAFKA_SASL_PASSWORD: 'env:TEST_PASSWORD',
          APPORTION_KAFKA_SSL_CA: `file:${join(folder, 'authority.pem')}`,
          TEST_PASSWORD: PASSWORD,
          APPORTION_SCHEMA_REGISTRY_URL: stack.schemaRegistryUrl,
          APPORTION_DATABASE_URL: stack.databaseUrl,
          APPORTION_TOPIC_PREFIX: `${PREFIX}${client}.`,
          APPORTION_REPLICATION_FACTOR: '1',
        });
        assert.equal(code, 0, stderr);
        assert.match(stdout, new RegExp(`${PREFIX}${client}.calls.v1 +created`));
        assert.ok(!`${stdout}${stderr}`.includes(PASSWORD));
      });

      function open(broker: keyof typeof brokers, security: KafkaSecurity): Promise<KafkaClient> {
        return createKafka({ brokers: [brokers[broker]], client, security, logger: createLogger('silent') });
      }
    });
});
