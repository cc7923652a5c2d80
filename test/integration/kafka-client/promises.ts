/** What every Kafka client behind the port promises: the same tests for each, against a real broker. */
import { before } from 'node:test';
import { eventually } from '../stack.ts';
import { keepsPromisesOfAsking } from './asking.ts';
import { type Client, Collector, freshTopic, openClient } from './client-world.ts';
import { keepsPromisesOfGroups } from './grouping.ts';
import { keepsPromisesOfLasting } from './lasting.ts';
import { keepsPromisesOfProducing } from './producing.ts';
import { keepsPromisesOfReading } from './reading.ts';

export function keepsClientPromises(client: Client, brokers: string): void {
  before(() => settles(client, brokers));
  keepsPromisesOfReading(client, brokers);
  keepsPromisesOfProducing(client, brokers);
  keepsPromisesOfGroups([client, client], brokers);
  keepsPromisesOfAsking(client, brokers);
  keepsPromisesOfLasting(client, brokers);
}

/** A broker that has just begun loads what it coordinates, which its first members and owners are told. */
export async function settles(client: Client, brokers: string): Promise<void> {
  const kafka = await openClient(client, brokers);
  const topic = await freshTopic(kafka);
  await eventually('groups and transactions are coordinated', async () => {
    const member = await new Collector(kafka, [topic]).joined();
    const producer = await kafka.transactionalProducer(topic);
    await Promise.all([member.close(), producer.discard()]);
    return true;
  });
}
