import type { Logger } from 'pino';
import { meter } from '../../processors/meter.ts';
import type { KafkaClient } from '../../runtime/kafka/client.ts';
import { createLocalCodec } from '../../runtime/kafka/codec.ts';
import { runProcessor } from '../../runtime/kafka/run-processor.ts';
import { TopicNames } from '../../runtime/kafka/topic-names.ts';
import { createTransactions } from '../../runtime/kafka/transactions.ts';
import type { Commits } from '../../runtime/task.ts';
import { calls } from '../../schemas/topics.ts';
import { PREFIX } from './bench-topics.ts';
import { MAX_CALL_HOURS } from './generated-calls.ts';

/**
 * The meter as it runs in production, transactions on. Gives the milliseconds from the first batch that it is given
 * until all its input is committed, and with it the last total.
 *
 * @param name names the consumer group, so that each run begins at the beginning
 */
export async function runMeter(
  options: { kafka: KafkaClient; logger: Logger },
  name: string,
  commitIntervalMs: number,
  count: number,
): Promise<number> {
  const finished = Promise.withResolvers<number>();
  let beganMs = 0;
  let committed = 0;

  const codec = createLocalCodec();
  const { prepare } = codec;
  codec.prepare = (values) => {
    if (beganMs === 0) beganMs = performance.now();
    return prepare(values);
  };
  const admin = options.kafka.admin();
  const transactions = createTransactions({ ...options, admin, prefix: PREFIX, names: new TopicNames(PREFIX) });
  const offsets = new Map<number, number>();
  const commits: Commits = {
    inGroup: true,
    open: (task) => transactions.open(task),
    close: (task) => transactions.close(task),
    commit: async (task, flush) => {
      await transactions.commit(task, flush);
      offsets.set(task.partition, flush.committed.get(calls.name)?.offset ?? 0);
      committed = [...offsets.values()].reduce((sum, offset) => sum + offset, 0);
      if (committed === count) finished.resolve(performance.now() - beganMs);
    },
  };
  const stop = new AbortController();
  const host = { ...options, prefix: PREFIX, codec, commits, commitIntervalMs, signal: stop.signal };
  const stopped = runProcessor({ ...meter, name }, { openDays: 7, maxCallHours: MAX_CALL_HOURS }, host);
  const ms = await Promise.race([finished.promise, stopped.then(() => Number.NaN)]);
  stop.abort();
  await stopped;
  await admin.close();
  return ms;
}
