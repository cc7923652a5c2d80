import { meter } from '../../processors/meter.ts';
import { createLocalCodec, type PreparedCodec } from '../../runtime/kafka/codec.ts';
import { createKafka } from '../../runtime/kafka/create-kafka.ts';
import { runProcessor } from '../../runtime/kafka/run-processor.ts';
import { TopicNames } from '../../runtime/kafka/topic-names.ts';
import { createTransactions } from '../../runtime/kafka/transactions.ts';
import { createLogger } from '../../runtime/logger.ts';
import type { Commits, Task } from '../../runtime/task.ts';
import { calls } from '../../schemas/topics.ts';
import { MAX_CALL_HOURS } from './generated-calls.ts';
import type { Reporter, Work } from './work.ts';

/** The meter as it runs in production, transactions on, as a member of the group. */
export async function runMeter(work: Work, reporter: Reporter, signal: AbortSignal): Promise<void> {
  const logger = createLogger('error');
  const { prefix, commitIntervalMs, client } = work;
  const kafka = await createKafka({ brokers: work.brokers.split(','), client, clientId: 'bench', logger });
  const admin = kafka.admin();
  const transactions = createTransactions({
    kafka,
    admin,
    codec: createLocalCodec(),
    logger,
    prefix,
    names: new TopicNames(prefix),
  });
  const isRestored = work.what === 'restore';
  await runProcessor(
    { ...meter, name: work.group, createTask: isRestored ? watchedTask(reporter) : meter.createTask },
    { openDays: 7, maxCallHours: MAX_CALL_HOURS },
    {
      kafka,
      prefix,
      codec: watchedCodec(reporter),
      commits: isRestored ? transactions : watchedCommits(transactions, reporter),
      commitIntervalMs,
      logger,
      signal,
    },
  );
  await admin.close();
}

/** Its values are prepared before anything of a batch is folded. */
function watchedCodec(reporter: Reporter): PreparedCodec {
  const codec = createLocalCodec();
  const { prepare } = codec;
  codec.prepare = (values) => {
    const begun = reporter.began();
    const prepared = prepare(values);
    return begun === undefined ? prepared : begun.then(() => prepared);
  };
  return codec;
}

function watchedCommits(commits: Commits, reporter: Reporter): Commits {
  return {
    inGroup: true,
    toBeginAnew: commits.toBeginAnew,
    open: (task) => commits.open(task),
    close: (task) => commits.close(task),
    commit: async (task, flush) => {
      await commits.commit(task, flush);
      const position = flush.committed.get(calls.name);
      if (position !== undefined) reporter.reached(task.partition, position.offset);
    },
  };
}

function watchedTask(reporter: Reporter): typeof meter.createTask {
  return (config, context): Task => {
    const task = meter.createTask(config, context);
    const advance = task.advance.bind(task);
    task.advance = (topic, offset) => {
      advance(topic, offset);
      if (topic === calls.name) reporter.reached(context.partition, offset);
    };
    return task;
  };
}
