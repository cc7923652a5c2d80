import { setTimeout as sleep } from 'node:timers/promises';
import { untilAborted } from '../../until-aborted.ts';
import type { GroupMember, GroupPosition, MemberOptions } from '../client.ts';
import { HEARTBEATS_PER_SESSION, LEAVE_LIMIT_MS } from '../limits.ts';
import type { Cluster } from './cluster.ts';
import { kafkaErrorOf } from './errors.ts';
import { Membership } from './membership.ts';
import { RecordReader } from './reader.ts';

/** A membership that is kept by heartbeats, and a reader that reads as long as it lasts. */
export class PlatformaticMember implements GroupMember {
  readonly #options: MemberOptions;
  /** Connections of their own: a join is answered when all members have joined, a fetch when there is something. */
  readonly #clusters: { readonly group: Cluster; readonly records: Cluster };
  readonly #membership: Membership;
  readonly #reader: RecordReader;
  readonly #failure = Promise.withResolvers<never>();
  readonly #closing = new AbortController();
  #isMember = false;

  constructor(clusters: { group: Cluster; records: Cluster }, options: MemberOptions) {
    this.#options = options;
    this.#clusters = clusters;
    this.#membership = new Membership(clusters.group, options);
    this.#reader = new RecordReader({
      cluster: clusters.records,
      partitionBytes: options.partitionBytes,
      take: options.take,
      failed: (error) => this.#fail(error),
    });
    this.#failure.promise.catch(() => {});
  }

  async run(signal: AbortSignal): Promise<never> {
    void this.#live();
    return untilAborted(signal, this.#failure.promise);
  }

  point(wanted: ReadonlyMap<string, number>): void {
    this.#reader.point(wanted);
  }

  seek(topic: string, partition: number, position: number): void {
    this.#reader.seek(topic, partition, position);
  }

  commitHint(positions: readonly GroupPosition[]): void {
    if (this.#isMember) this.#membership.commit(positions).catch(() => {});
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#reader.close();
    const { group, records } = this.#clusters;
    // One that failed stays in the group, so that another can take its place.
    const left = this.#isMember ? this.#membership.leave().catch(() => {}) : Promise.resolve();
    await Promise.race([left, sleep(LEAVE_LIMIT_MS, undefined, { ref: false })]);
    await Promise.all([group.close(), records.close()]);
  }

  async #live(): Promise<void> {
    const { signal } = this.#closing;
    const everyMs = Math.floor(this.#options.sessionTimeoutMs / HEARTBEATS_PER_SESSION);
    try {
      for (;;) {
        await this.#join();
        while (await this.#membership.heartbeat()) await sleep(everyMs, undefined, { signal });
      }
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  /** What this member had may be another's by now. */
  async #join(): Promise<void> {
    this.#reader.point(new Map());
    const join = await this.#membership.join();
    this.#closing.signal.throwIfAborted();
    this.#isMember = true;
    this.#options.joined(join);
  }

  #fail(error: unknown): void {
    this.#isMember = false;
    this.#closing.abort();
    this.#reader.close();
    this.#failure.reject(kafkaErrorOf(error));
  }
}
