import { setTimeout as sleep } from 'node:timers/promises';
import type { World } from '../../commands/world.ts';
import type { Call } from '../../schemas/call.ts';
import { calls } from '../../schemas/topics.ts';
import { partitionOf } from '../pipeline/platform.ts';

const SEND_EVERY_MS = 20;

/**
 * Sends calls at an even rate, each as soon as it is due and the ones before are acknowledged. What is late is not put
 * off: it goes with what is due by then.
 *
 * @param makeCall makes the call that is due at an instant of `performance.now()`
 * @returns the milliseconds from the first call to the last one acknowledged
 */
export async function sendEvenly(
  world: World,
  perSecond: number,
  count: number,
  makeCall: (dueMs: number) => Call,
  signal: AbortSignal,
): Promise<number> {
  const codec = await world.codec();
  const topic = world.settings.topicPrefix + calls.name;
  const producer = world.kafka.producer();
  await producer.connect();
  const begunMs = performance.now();
  for (let made = 0; made < count && !signal.aborted; ) {
    const due = Math.min(count, Math.ceil(((performance.now() - begunMs) / 1000) * perSecond));
    const messages = [];
    for (; made < due; made++) {
      const call = makeCall(begunMs + (made / perSecond) * 1000);
      const value = codec.encode(calls, call);
      messages.push({ key: calls.key(call), value, partition: partitionOf(call) });
    }
    if (messages.length > 0) await producer.send({ topic, messages });
    await sleep(SEND_EVERY_MS);
  }
  const tookMs = performance.now() - begunMs;
  await producer.disconnect();
  return tookMs;
}
