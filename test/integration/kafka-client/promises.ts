/** What every Kafka client behind the port promises: the same tests for each, against a real broker. */
import { before } from 'node:test';
import { eventually } from '../stack.ts';
import { type Client, Collector, freshTopic, openClient } from './client-world.ts';
import { keepsPromisesOfProducing } from './producing.ts';
import { keepsPromisesOfReading } from './reading.ts';

export function keepsClientPromises(client: Client, brokers: string): void {
  // A broker that has just begun loads what it coordinates, which its first members and owners are told.
  before(async () => {
    const kafka = await openClient(client, brokers);
    const topic = await freshTopic(kafka);
    await eventually('groups and transactions are coordinated', async () => {
      const member = await new Collector(kafka, [topic]).joined();
      const producer = await kafka.transactionalProducer(topic);
      await Promise.all([member.close(), producer.discard()]);
      return true;
    });
  });
  keepsPromisesOfReading(client, brokers);
  keepsPromisesOfProducing(client, brokers);
}
