import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKafka } from '../runtime/kafka/create-kafka.ts';
import { createLogger } from '../runtime/logger.ts';
import { topics } from '../schemas/topics.ts';
import { classArchive, usingClassArchive } from './class-archive.ts';
import type { DataFolder } from './data-folder.ts';
import { localError } from './errors.ts';
import { isListening } from './ports.ts';
import type { Command } from './process.ts';
import { runToEnd } from './run.ts';
import { nothingToDo, type Server, type Tools } from './server.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Apache Kafka as one node that is broker and controller (KRaft). */
export const kafka: Server = {
  name: 'kafka',
  title: 'Apache Kafka 4.1.1',
  ports: (folder) => [folder.ports.kafka, folder.ports.kafkaController],
  address: (folder) => `127.0.0.1:${folder.ports.kafka}`,
  prepare,
  command,
  answers,
  furnish: nothingToDo,
  stopSignal: 'SIGTERM',
};

async function prepare(folder: DataFolder, tools: Tools): Promise<void> {
  const config = join(folder.path, 'kafka.properties');
  writeFileSync(config, properties(folder));
  if (existsSync(join(folder.path, 'kafka', 'meta.properties'))) {
    return;
  }
  const args = [
    '-XX:TieredStopAtLevel=1',
    ...usingClassArchive(tools, 'kafka'),
    ...javaArgs(tools),
    'kafka.tools.StorageTool',
    'format',
    // An id may begin with a dash, which would look like an option by itself.
    `--cluster-id=${folder.clusterId}`,
    `--config=${config}`,
  ];
  const run = await runToEnd(tools.java, args, undefined, { cwd: folder.path });
  if (run.code !== 0) {
    throw localError('local_server_crashed', `Kafka could not format its folder:\n${run.output.trim()}`);
  }
}

async function command(folder: DataFolder, tools: Tools): Promise<Command> {
  const memory = ['-Xms128m', '-Xmx768m'];
  const config = join(folder.path, 'kafka.properties');
  return {
    file: tools.java,
    args: [...memory, ...classArchive(tools, 'kafka'), ...javaArgs(tools), 'kafka.Kafka', config],
    env: {},
    cwd: folder.path,
  };
}

function javaArgs(tools: Tools): string[] {
  return [
    '-Djava.awt.headless=true',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    '-Dorg.slf4j.simpleLogger.showDateTime=true',
    '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
    '-cp',
    join(tools.packages, 'kafka', '*'),
  ];
}

/** Paths are relative to the data folder, which is Kafka's working directory: the folder may be moved. */
function properties(folder: DataFolder): string {
  const largestRecordBytes = Math.max(...topics.map((topic) => topic.maxRecordBytes));
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${folder.ports.kafkaController}`,
    listeners: `BROKER://127.0.0.1:${folder.ports.kafka},CONTROLLER://127.0.0.1:${folder.ports.kafkaController}`,
    'advertised.listeners': `BROKER://127.0.0.1:${folder.ports.kafka}`,
    'listener.security.protocol.map': 'BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'BROKER',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': 'kafka',
    'auto.create.topics.enable': false,
    'message.max.bytes': largestRecordBytes + 64 * KIB,

    // One node: every topic of its own has one copy, and few partitions so that it starts fast.
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    // Tests of pauses and crashes need not wait for the 6 s that are the least elsewhere.
    'group.min.session.timeout.ms': 1000,
    // After a kill the restarted node may register again when its old session is over, so it is short; but a machine
    // that is busy for a moment must not look like a dead node.
    'broker.session.timeout.ms': 6000,
    'broker.heartbeat.interval.ms': 500,
    // A coordinator is loaded twice after a restart, and when the second time begins before the first has ended it may be
    // left with a part of its log (seen with 4.1.1). With small segments, which are compacted soon, loading takes a moment.
    'offsets.topic.segment.bytes': MIB,
    'log.cleaner.delete.retention.ms': 10 * 60_000,
    // A stack that nobody starts for a year keeps its place in the topics.
    'offsets.retention.minutes': 400 * 24 * 60,

    'num.network.threads': 2,
    'num.io.threads': 4,
    'log.cleaner.dedupe.buffer.size': 16 * MIB,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

async function answers({ ports }: DataFolder): Promise<boolean> {
  // The client waits a while for a broker that is away, which whoever starts one does himself.
  if (!(await isListening(ports.kafka))) return false;
  const brokers = [`127.0.0.1:${ports.kafka}`];
  const kafka = await createKafka({ brokers, client: 'kafkajs', clientId: 'apportion-local', logger });
  const admin = kafka.admin();
  try {
    await admin.reach();
    return true;
  } catch {
    return false;
  } finally {
    await admin.close();
  }
}

const logger = createLogger('silent');
