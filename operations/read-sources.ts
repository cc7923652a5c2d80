import { compareText } from '../attribution/canonical-json.ts';
import type { KafkaClient } from '../runtime/kafka/client.ts';
import type { PreparedCodec } from '../runtime/kafka/codec.ts';
import { readTopic } from '../runtime/kafka/read-topic.ts';
import { Undecodable } from '../runtime/task.ts';
import type { SourceStatus } from '../schemas/source-status.ts';
import { sourceStatuses } from '../schemas/topics.ts';

/** How each poller fares with its source, by the pollers' names. */
export async function readSources(
  kafka: KafkaClient,
  prefix: string,
  codec: PreparedCodec,
): Promise<readonly SourceStatus[]> {
  const values: Buffer[] = [];
  await readTopic(kafka, prefix + sourceStatuses.name, ({ value }) => {
    if (value !== null) values.push(value);
  });
  await codec.prepare(values);
  const statuses = new Map<string, SourceStatus>();
  for (const value of values) {
    const status = codec.decode(sourceStatuses, value);
    if (status instanceof Undecodable) continue;
    const held = statuses.get(status.poller);
    if (held === undefined || status.updatedAt >= held.updatedAt) statuses.set(status.poller, status);
  }
  return [...statuses.values()].sort((a, b) => compareText(a.poller, b.poller));
}
