/** A process of its own that runs the toy processor until SIGTERM, so that it can be killed or stopped. */
import { createKafka, type KafkaSettings } from '../../runtime/kafka/create-kafka.ts';
import { createRegistryCodec } from '../../runtime/kafka/registry-codec.ts';
import { runProcessor } from '../../runtime/kafka/run-processor.ts';
import { createLogger } from '../../runtime/logger.ts';
import { shutdownSignal } from '../../runtime/shutdown.ts';
import { sums, toyTopics } from './toy.ts';

const [brokers = '', registryUrl = '', prefix = '', client] = process.argv.slice(2);
const { TEST_LOG_LEVEL = 'silent' } = process.env;
const logger = createLogger(TEST_LOG_LEVEL as 'silent');
const kafka = await createKafka({ brokers: brokers.split(','), client: client as KafkaSettings['client'], logger });
const codec = await createRegistryCodec({ registryUrl, prefix, topics: toyTopics, logger });
const signal = shutdownSignal(logger);
await runProcessor(sums, null, { kafka, prefix, codec, commitIntervalMs: 50, logger, signal, sessionTimeoutMs: 6_000 });
