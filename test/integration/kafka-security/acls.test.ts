import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import kafkajs from 'kafkajs';
import { type Acl, type AclRole, aclRoles, aclsOf, grantCommand } from '../../../runtime/kafka/acls.ts';
import { createKafka } from '../../../runtime/kafka/create-kafka.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { kafkaClients } from '../../../runtime/settings.ts';
import { topics } from '../../../schemas/topics.ts';
import { differences } from '../../faults/differences.ts';
import { faultInput } from '../../faults/input.ts';
import { type PipelineRun, withRun } from '../../faults/pipeline-run.ts';
import { roleNames } from '../../faults/scenario.ts';
import { apportion } from '../command.ts';
import { texts } from '../kafka-client/client-world.ts';
import { askBroker } from '../raw-kafka.ts';
import { testStack } from '../stack.ts';
import { PASSWORD, securedKafka } from './secured-kafka.ts';

const [stack, { backDoor, brokers, certificates, folder }] = await Promise.all([testStack(), securedKafka(aclRoles)]);
const input = faultInput({ seed: 7, nowMs: Date.now(), calls: 1_000, days: 14, callsPerPiece: 50 });

test('each role does its work with what it is permitted, and may do nothing else', { timeout: 240_000 }, async (t) => {
  await withRun({ ...stack, kafkaBrokers: backDoor }, input, async (run) => {
    const { topicPrefix: prefix } = run.world.settings;
    const grants = aclRoles.flatMap((role) => aclsOf(role, prefix).flatMap((acl) => entriesOf(acl, `User:${role}`)));
    await askBroker(backDoor, (admin) => admin.createAcls({ acl: grants }));

    await t.test(
      'processors and sink come to what follows from the input alone, whichever client they speak by',
      async () => {
        for (const [index, role] of roleNames.entries()) {
          const client = kafkaClients[index % kafkaClients.length] ?? '';
          run.startWith({ ...envOf(run, role), APPORTION_KAFKA_CLIENT: client }, [role]);
        }
        await run.sendUntil(1);
        const outcome = await run.outcome();
        const expected = await run.expected();
        assert.ok(expected.letters.length > 0, 'lines are refused, too');
        assert.deepEqual(differences(expected, outcome), []);
        await run.audit();
      },
    );

    await t.test('a poller publishes what it has read', async () => {
      const bills = join(import.meta.dirname, '../../../local/demo/real/data/focus-sample.csv');
      const day = ['--from', '2024-09-18', '--to', '2024-09-18'];
      const polled = await apportion(['poll', 'focus-file', '--path', bills, ...day], envOf(run, 'poller'));
      assert.equal(polled.code, 0, polled.stderr);
      assert.match(polled.stdout, /[1-9]\d* reports sent/);
    });

    await t.test('none writes what it is not declared to write', async () => {
      for (const role of aclRoles) {
        const permitted = new Set(
          aclsOf(role, prefix).flatMap(({ operations, names }) => (operations.includes('Write') ? names : [])),
        );
        const kafka = await openAs(role);
        for (const topic of topics.map(({ name }) => prefix + name).filter((name) => !permitted.has(name))) {
          const producer = await kafka.idempotentProducer();
          await assert.rejects(
            producer.send(texts(topic, 0, ['x'])),
            { name: 'KafkaError', fault: 'fatal' },
            `${role} ${topic}`,
          );
          await producer.close();
        }
      }
    });

    await t.test('none takes over the transactions of another', async () => {
      const kafka = await openAs('meter');
      await assert.rejects(kafka.transactionalProducer(`${prefix}attribute-0`), { name: 'KafkaError', fault: 'fatal' });
    });
  });
});

test('what is permitted is printed as commands of Kafka', async () => {
  const { code, stdout } = await apportion(['topics', 'acls', '--role', 'ingest', '--principal', 'User:CN={role}'], {});
  assert.equal(code, 0);
  assert.equal(
    stdout,
    '# ingest\nkafka-acls.sh --bootstrap-server "$BROKER" --add --allow-principal User:CN=ingest --operation Write --topic apportion.calls.v1\n',
  );
  const [readers] = aclsOf('poller', 'p.').filter(
    ({ pattern, resource }) => pattern === 'prefixed' && resource === 'group',
  );
  assert.ok(readers !== undefined);
  assert.equal(
    grantCommand(readers, 'User:me'),
    'kafka-acls.sh --bootstrap-server "$BROKER" --add --allow-principal User:me --operation Read --operation Delete --resource-pattern-type prefixed --group p.catalog.v1.read. --group p.checkpoints.v1.read.',
  );
});

function envOf(run: PipelineRun, role: AclRole): Record<string, string> {
  return {
    ...run.env,
    APPORTION_KAFKA_BROKERS: brokers.SASL_SSL,
    APPORTION_KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
    APPORTION_KAFKA_SASL_MECHANISM: 'PLAIN',
    APPORTION_KAFKA_SASL_USERNAME: role,
    APPORTION_KAFKA_SASL_PASSWORD: 'env:TEST_PASSWORD',
    APPORTION_KAFKA_SSL_CA: `file:${join(folder, 'authority.pem')}`,
    TEST_PASSWORD: PASSWORD,
  };
}

function openAs(role: AclRole) {
  const tls = { ca: certificates.authority.cert, cert: undefined, key: undefined };
  const sasl = { mechanism: 'PLAIN', username: role, password: PASSWORD } as const;
  const logger = createLogger('silent');
  return createKafka({ brokers: [brokers.SASL_SSL], client: 'platformatic', security: { tls, sasl }, logger });
}

function entriesOf({ operations, resource, pattern, names }: Acl, principal: string): kafkajs.AclEntry[] {
  const { TOPIC, GROUP, TRANSACTIONAL_ID } = kafkajs.AclResourceTypes;
  const { READ, WRITE, DELETE } = kafkajs.AclOperationTypes;
  const { LITERAL, PREFIXED } = kafkajs.ResourcePatternTypes;
  return operations.flatMap((operation) =>
    names.map((resourceName) => ({
      resourceType: { topic: TOPIC, group: GROUP, 'transactional-id': TRANSACTIONAL_ID }[resource],
      resourceName,
      resourcePatternType: pattern === 'literal' ? LITERAL : PREFIXED,
      principal,
      host: '*',
      operation: { Read: READ, Write: WRITE, Delete: DELETE }[operation],
      permissionType: kafkajs.AclPermissionTypes.ALLOW,
    })),
  );
}
