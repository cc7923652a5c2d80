/** A process of its own that uses all of a client, closes it, and says how long it then takes until nothing is left. */
import { readTopic } from '../../../runtime/kafka/read-topic.ts';
import { eventually } from '../stack.ts';
import { type Client, freshName, openClient, texts } from './client-world.ts';

const [client = '', brokers = ''] = process.argv.slice(2);
const kafka = await openClient(client as Client, brokers);
const topic = freshName('topic');
const admin = kafka.admin();
await admin.createTopics([{ topic, partitions: 1, replicationFactor: 1, config: {} }]);
const producer = await kafka.idempotentProducer();
await producer.send(texts(topic, 0, ['one']));
const transactional = await kafka.transactionalProducer(topic);
await transactional.send(texts(topic, 0, ['two']));
await transactional.commit();
await transactional.send(texts(topic, 0, ['left open']));
let read = 0;
await readTopic(kafka, topic, () => void read++);
const stop = new AbortController();
const joined = Promise.withResolvers<void>();
const member = kafka.member({
  groupId: topic,
  topics: [topic],
  assigner: {
    name: 'all',
    userData: () => Buffer.alloc(0),
    assign: (members) => new Map(members.map(({ memberId }) => [memberId, { [topic]: [0] }])),
  },
  sessionTimeoutMs: 6_000,
  partitionBytes: 1024 * 1024,
  joined: () => joined.resolve(),
  take: () => undefined,
});
const running = member.run(stop.signal).catch(() => {});
await joined.promise;
member.point(new Map([[`${topic}/0`, 0]]));
await eventually('all is read', () => read === 2);
stop.abort();
await running;
await Promise.all([member.close(), producer.close(), transactional.discard(), admin.close()]);
const closedMs = performance.now();
process.on('exit', () => console.log(`closed, ${Math.round(performance.now() - closedMs)} ms left`));
