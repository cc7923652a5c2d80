import { setTimeout as sleep } from 'node:timers/promises';
import { ApportionError } from '../runtime/errors.ts';
import type { Extent, KafkaAdmin } from '../runtime/kafka/client.ts';
import { type Patience, POLL_MS, untilDeadline } from './until-deadline.ts';

/** One stage of the pipeline: a reader, and how far it has to come. */
export interface Stage {
  /** Role that reads, as in `apportion run ROLE`. */
  readonly role: string;
  /** Topics with prefix. */
  readonly topics: readonly string[];
  /** The next offset that the role will read, for each partition of a topic; partitions it never committed are absent. */
  positions(topic: string): Promise<ReadonlyMap<number, number>>;
}

export interface SettleOptions extends Patience {
  readonly timeoutMs: number;
  /** Called at each look with the records still to be read by the stage. */
  readonly report?: (role: string, behind: number) => void;
}

/**
 * Returns when all that was in the first stage's topics at the call has passed every stage. The stages are waited
 * for one after the other, each against the ends its topics have once the stage before it is through: what that one
 * wrote is then already there.
 *
 * @throws ApportionError `settle_timeout`, naming the role that is behind and by how much.
 */
export async function settle(admin: KafkaAdmin, stages: readonly Stage[], options: SettleOptions): Promise<void> {
  const now = options.now ?? Date.now;
  const deadlineMs = now() + options.timeoutMs;
  for (const stage of stages) {
    const targets = await untilDeadline(options, deadlineMs, () => endsOf(admin, stage.topics));
    await waitFor(stage, targets, deadlineMs, options, now);
  }
}

type Ends = ReadonlyMap<string, ReadonlyMap<number, Extent>>;

/** Up to what readers are given when all transactions have ended: a stage's last one may still be ending in some partition. */
async function endsOf(admin: KafkaAdmin, topics: readonly string[]): Promise<Ends> {
  const ends = new Map<string, ReadonlyMap<number, Extent>>();
  for (const topic of topics) {
    const watermarks = await admin.highWatermarks(topic);
    const extents = [...(await admin.extents(topic))];
    ends.set(
      topic,
      new Map(extents.map(([partition, { low, end }]) => [partition, { low, end: watermarks.get(partition) ?? end }])),
    );
  }
  return ends;
}

async function waitFor(
  stage: Stage,
  targets: Ends,
  deadlineMs: number,
  options: SettleOptions,
  now: () => number,
): Promise<void> {
  for (;;) {
    const behind = await untilDeadline(options, deadlineMs, () => countBehind(stage, targets));
    options.report?.(stage.role, behind);
    if (behind === 0) return;
    if (now() >= deadlineMs) {
      throw new ApportionError(
        'settle_timeout',
        `The role ${stage.role} has still to read ${behind} offsets of ${stage.topics.join(', ')}.`,
        `See that it runs (apportion run ${stage.role}) and what it logs, or wait longer with --timeout.`,
      );
    }
    await sleep(options.pollMs ?? POLL_MS);
  }
}

async function countBehind(stage: Stage, targets: Ends): Promise<number> {
  let behind = 0;
  for (const [topic, ends] of targets) {
    const positions = await stage.positions(topic);
    for (const [partition, { low, end }] of ends) {
      // An empty partition has nothing to be read, whether or not anybody ever committed there.
      behind += low === end ? 0 : Math.max(0, end - (positions.get(partition) ?? low));
    }
  }
  return behind;
}
