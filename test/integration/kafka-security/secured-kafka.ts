/** A real Kafka that lets in whom it knows, and lets them do what they may. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import kafkajs from 'kafkajs';
import { usingClassArchive } from '../../../local/class-archive.ts';
import { choosePorts } from '../../../local/ports.ts';
import { runToEnd } from '../../../local/run.ts';
import type { Tools } from '../../../local/server.ts';
import { findTools } from '../../../local/tools.ts';
import { askBroker } from '../raw-kafka.ts';
import { eventually, temporaryFolder } from '../stack.ts';
import { type Certificates, createCertificates } from './certificates.ts';

export const USER = 'apportion-test';
export const PASSWORD = 'correct horse battery staple';
/** All that the user may touch is named so. */
export const PREFIX = 'secured.';

const START_LIMIT_MS = 120_000;

/** It asks anew who one is after so long. kafkajs tells it ten seconds before, and not twice within one. */
export const REAUTHENTICATION_MS = 13_000;

/** Addresses of the broker, by how it is spoken to there, and the certificates that it takes. */
export interface SecuredKafka {
  readonly brokers: Readonly<Record<'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL', string>>;
  /** Where anybody may do everything. */
  readonly backDoor: string;
  readonly certificates: Certificates;
  /** The folder with authority.pem, client.pem and client-key.pem. */
  readonly folder: string;
}

/** @param others users who have the same password, know PLAIN alone, and may do nothing yet */
export async function securedKafka(others: readonly string[] = []): Promise<SecuredKafka> {
  const folder = temporaryFolder();
  const [open = 0, controller = 0, ssl = 0, saslPlaintext = 0, saslSsl = 0] = await choosePorts(5);
  const certificates = await createCertificates(USER);
  writeFileSync(join(folder, 'authority.pem'), certificates.authority.cert);
  writeFileSync(join(folder, 'client.pem'), certificates.client.cert);
  writeFileSync(join(folder, 'client-key.pem'), certificates.client.key);
  const at = (port: number): string => `127.0.0.1:${port}`;
  const listeners = `OPEN://${at(open)},SSL://${at(ssl)},SASL_PLAINTEXT://${at(saslPlaintext)},SASL_SSL://${at(saslSsl)}`;
  const config = join(folder, 'kafka.properties');
  writeFileSync(
    config,
    propertiesText({
      'process.roles': 'broker,controller',
      'node.id': '1',
      'controller.quorum.voters': `1@${at(controller)}`,
      listeners: `${listeners},CONTROLLER://${at(controller)}`,
      'advertised.listeners': listeners,
      'listener.security.protocol.map':
        'OPEN:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL',
      'inter.broker.listener.name': 'OPEN',
      'controller.listener.names': 'CONTROLLER',
      'log.dirs': 'kafka',
      'offsets.topic.replication.factor': '1',
      'offsets.topic.num.partitions': '1',
      'transaction.state.log.replication.factor': '1',
      'transaction.state.log.min.isr': '1',
      'transaction.state.log.num.partitions': '1',
      'group.initial.rebalance.delay.ms': '0',
      'message.max.bytes': String(20 * 1024 * 1024),
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.certificate.chain': certificates.broker.cert,
      'ssl.keystore.key': certificates.broker.key,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.certificates': certificates.authority.cert,
      'listener.name.ssl.ssl.client.auth': 'required',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      'connections.max.reauth.ms': String(REAUTHENTICATION_MS),
      ...saslModules('sasl_plaintext', [USER, ...others]),
      ...saslModules('sasl_ssl', [USER, ...others]),
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      // Whoever comes by the back door, as brokers and this test do.
      'super.users': 'User:ANONYMOUS',
    }),
  );
  await start(await findTools(() => {}), folder, config);
  const answers = () => askBroker(at(open), (admin) => admin.listTopics().then(() => true));
  await eventually('the broker answers', answers, START_LIMIT_MS);
  await askBroker(at(open), (admin) => admin.createAcls({ acl: [...aclsOf(USER), ...aclsOf(`CN=${USER}`)] }));
  return {
    backDoor: at(open),
    brokers: { SSL: at(ssl), SASL_PLAINTEXT: at(saslPlaintext), SASL_SSL: at(saslSsl) },
    certificates,
    folder,
  };
}

function saslModules(listener: string, users: readonly string[]): Record<string, string> {
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  const passwords = users.map((user) => `user_${user}="${PASSWORD}"`).join(' ');
  const module = (mechanism: string): string => `listener.name.${listener}.${mechanism}.sasl.jaas.config`;
  return {
    [module('plain')]: `org.apache.kafka.common.security.plain.PlainLoginModule required ${passwords};`,
    [module('scram-sha-256')]: scram,
    [module('scram-sha-512')]: scram,
  };
}

/** Everything on topics, groups and transactions of the prefix. */
function aclsOf(principal: string): kafkajs.AclEntry[] {
  const { TOPIC, GROUP, TRANSACTIONAL_ID } = kafkajs.AclResourceTypes;
  return [TOPIC, GROUP, TRANSACTIONAL_ID].map((resourceType) => ({
    resourceType,
    resourceName: PREFIX,
    resourcePatternType: kafkajs.ResourcePatternTypes.PREFIXED,
    principal: `User:${principal}`,
    host: '*',
    operation: kafkajs.AclOperationTypes.ALL,
    permissionType: kafkajs.AclPermissionTypes.ALLOW,
  }));
}

async function start(tools: Tools, folder: string, config: string): Promise<void> {
  const classPath = ['-cp', join(tools.packages, 'kafka', '*')];
  const users = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].map(
    (mechanism) => `--add-scram=${mechanism}=[name=${USER},password=${PASSWORD}]`,
  );
  const format = ['kafka.tools.StorageTool', 'format', '--cluster-id=secured', `--config=${config}`, ...users];
  const archive = usingClassArchive(tools, 'kafka');
  const formatted = await runToEnd(tools.java, [...archive, ...classPath, ...format], undefined, { cwd: folder });
  if (formatted.code !== 0) throw new Error(`Kafka could not format its folder:\n${formatted.output}`);
  const args = ['-Xmx512m', ...archive, ...classPath, 'kafka.Kafka', config];
  const broker = spawn(tools.java, args, { cwd: folder, stdio: 'ignore' });
  after(() => end(broker));
}

async function end(broker: ChildProcess): Promise<void> {
  if (broker.exitCode !== null || broker.signalCode !== null) return;
  const exited = once(broker, 'exit');
  broker.kill('SIGKILL');
  await exited;
}

/** A value may have several lines. */
function propertiesText(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value.replaceAll('\n', '\\n')}\n`)
    .join('');
}
