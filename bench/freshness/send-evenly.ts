import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import type { World } from '../../commands/world.ts';
import type { Call } from '../../schemas/call.ts';
import { calls } from '../../schemas/topics.ts';
import { partitionOf } from '../pipeline/platform.ts';

const SEND_EVERY_MS = 20;

export interface EvenTraffic {
  readonly perSecond: number;
  readonly count: number;
  /** Makes the call that is due at an instant of `performance.now()`. */
  makeCall(dueMs: number, index: number): Call;
  readonly signal: AbortSignal;
}

/**
 * Sends calls at an even rate, each as soon as it is due and the ones before are acknowledged. What is late is not put
 * off: it goes with what is due by then. Gives the milliseconds from the first call to the last one acknowledged.
 */
export async function sendEvenly(world: World, { perSecond, count, makeCall, signal }: EvenTraffic): Promise<number> {
  const codec = await world.codec();
  const topic = world.settings.topicPrefix + calls.name;
  await using closing = new AsyncDisposableStack();
  const kafka = new Kafka({ brokers: [...world.settings.kafkaBrokers], logLevel: logLevel.ERROR });
  const producer = closing.adopt(kafka.producer(), (it) => it.disconnect());
  await producer.connect();
  const begunMs = performance.now();
  for (let made = 0; made < count; ) {
    const due = Math.min(count, Math.ceil(((performance.now() - begunMs) / 1000) * perSecond));
    const messages = [];
    for (; made < due; made++) {
      const call = makeCall(begunMs + (made / perSecond) * 1000, made);
      messages.push({ key: calls.key(call), value: codec.encode(calls, call), partition: partitionOf(call) });
    }
    if (messages.length > 0) await producer.send({ topic, messages });
    await sleep(SEND_EVERY_MS, undefined, { signal });
  }
  return performance.now() - begunMs;
}
