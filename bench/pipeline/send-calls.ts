import { Kafka, logLevel } from 'kafkajs';
import type { World } from '../../commands/world.ts';
import type { Call } from '../../schemas/call.ts';
import { DAY_MS, startOf } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';
import { calls } from '../../schemas/topics.ts';
import type { Ledger } from './ledger.ts';
import { callMaker, partitionOf } from './platform.ts';

const SEND_RECORDS = 10_000;

/** Sends calls faster than a publisher does, with the times at which they ended. Resolves when all are acknowledged. */
export async function sendCalls(world: World, values: Iterable<Call>): Promise<void> {
  const codec = await world.codec();
  const topic = world.settings.topicPrefix + calls.name;
  await using closing = new AsyncDisposableStack();
  const kafka = new Kafka({ brokers: [...world.settings.kafkaBrokers], logLevel: logLevel.ERROR });
  const producer = closing.adopt(kafka.producer(), (it) => it.disconnect());
  await producer.connect();
  // The next batch is made while the one before is on its way.
  let sent: Promise<unknown> = Promise.resolve();
  let messages: { key: string; value: Buffer; timestamp: string; partition: number }[] = [];
  const send = async (): Promise<void> => {
    await sent;
    sent = producer.send({ topic, messages });
    messages = [];
  };
  for (const call of values) {
    messages.push({
      key: calls.key(call),
      value: codec.encode(calls, call),
      timestamp: String(call.endedAt),
      partition: partitionOf(call),
    });
    if (messages.length === SEND_RECORDS) await send();
  }
  await send();
  await sent;
}

/** Calls whose ends climb evenly over some days, made as they are asked for, and written down in the ledger. */
export function* platformCalls(options: {
  readonly seed: number;
  readonly from: Day;
  readonly days: number;
  readonly callsPerDay: number;
  readonly ledger: Ledger;
}): Generator<Call> {
  const { seed, from, days, callsPerDay, ledger } = options;
  const make = callMaker(seed);
  for (let made = 0; made < days * callsPerDay; made++) {
    // None ends with the day itself, so that none is without a length.
    const call = make(startOf(from) + Math.floor(((made + 0.5) / callsPerDay) * DAY_MS));
    ledger.addCall(call);
    yield call;
  }
}
