import type { KafkaClientName } from '../../runtime/settings.ts';
import type { ReferenceJob, Store } from '../streams/reference-job.ts';
import type { CallsTopic } from './calls-topic.ts';
import { measureCold } from './measure.ts';
import { Side } from './side.ts';

/** A bare consumer that decodes the calls. */
export function readingSide(topic: CallsTopic, kafkajs: 'published' | 'patched'): Side {
  const what = kafkajs === 'published' ? 'read' : 'readPatched';
  return new Side(`bare consumer, kafkajs as ${kafkajs}`, () => measureCold(topic, { what }));
}

/** The real meter; its totals are checked. */
export function meterSide(topic: CallsTopic, commitIntervalMs: number, client: KafkaClientName = 'kafkajs'): Side {
  const by = client === 'kafkajs' ? 'meter' : `meter by ${client}`;
  return new Side(`${by}, commits every ${commitIntervalMs} ms`, async () => {
    await topic.emptyOutputs();
    const run = await measureCold(topic, { what: 'meter', commitIntervalMs, client });
    return { ...run, written: await topic.check() };
  });
}

/** The Kafka Streams reference job; its totals are checked. */
export function streamsSide(topic: CallsTopic, job: ReferenceJob, store: Store, commitIntervalMs: number): Side {
  return new Side(`Kafka Streams, ${store}, commits every ${commitIntervalMs} ms`, () =>
    job.run(topic, store, commitIntervalMs),
  );
}
