/** Which inputs were refused and why: what an operator finds among the dead letters. */
import type { MemoryCluster } from '../../runtime/memory/cluster.ts';
import { calls, catalogs, costReports, deadLetters, usage } from '../../schemas/topics.ts';

const SENT = new Set([calls.name, usage.name, costReports.name, catalogs.name]);

/** One line for each dead letter of an input, sorted: one that was written twice comes twice. */
export function refusals(cluster: MemoryCluster): string[] {
  const ofInputs = cluster.read(deadLetters).filter(({ topic }) => SENT.has(topic));
  const lines = ofInputs.map(({ topic, partition, offset, reason }) => `${topic}/${partition}@${offset} ${reason}`);
  return lines.sort();
}
