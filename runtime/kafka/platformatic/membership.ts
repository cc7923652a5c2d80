import { heartbeatV4, joinGroupV7, leaveGroupV4, offsetCommitV8, syncGroupV5 } from '@platformatic/kafka';
import type { Assignment, GroupPosition, Join, MemberOptions } from '../client.ts';
import { ask, type Cluster } from './cluster.ts';
import { decodeAssignment, encodeAssignment, encodeSubscription, userDataOf } from './consumer-protocol.ts';
import { check } from './errors.ts';

/** What a member and the coordinator of its group say to each other. */
export class Membership {
  readonly #cluster: Cluster;
  readonly #options: MemberOptions;
  #memberId: string;
  #generation = -1;

  constructor(cluster: Cluster, options: MemberOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.#memberId = options.memberId ?? '';
  }

  /**
   * Joins, or joins again. It takes until all members have, whom the broker waits for. A join without its sync would
   * leave all others waiting, so that whatever comes between begins again.
   */
  join(): Promise<Join> {
    return this.#cluster.patiently(async () => {
      const joined = await this.#joined();
      const assignments = joined.leader === joined.memberId ? await this.#assign(joined.members) : [];
      const { groupId } = this.#options;
      const coordinator = await this.#cluster.coordinator('group', groupId);
      const synced = await ask(
        coordinator,
        syncGroupV5.api,
        groupId,
        this.#generation,
        this.#memberId,
        null,
        PROTOCOL_TYPE,
        joined.protocolName,
        assignments,
      );
      check(synced.errorCode);
      return { memberId: this.#memberId, assignment: decodeAssignment(synced.assignment) };
    });
  }

  /** Whether the group still has it as it is: else it is to join again. */
  heartbeat(): Promise<boolean> {
    return this.#cluster.patiently(async () => {
      const { groupId } = this.#options;
      const coordinator = await this.#cluster.coordinator('group', groupId);
      const { errorCode } = await ask(coordinator, heartbeatV4.api, groupId, this.#generation, this.#memberId, null);
      if (errorCode === UNKNOWN_MEMBER_ID) this.#memberId = '';
      if (JOIN_AGAIN.has(errorCode)) return false;
      check(errorCode);
      return true;
    });
  }

  async commit(positions: readonly GroupPosition[]): Promise<void> {
    const { groupId } = this.#options;
    const coordinator = await this.#cluster.coordinator('group', groupId);
    const topics = [...Map.groupBy(positions, ({ topic }) => topic)].map(([name, own]) => ({
      name,
      partitions: own.map(({ partition, position, metadata }) => ({
        partitionIndex: partition,
        committedOffset: BigInt(position),
        committedLeaderEpoch: -1,
        committedMetadata: metadata,
      })),
    }));
    await ask(coordinator, offsetCommitV8.api, groupId, this.#generation, this.#memberId, null, topics);
  }

  async leave(): Promise<void> {
    if (this.#memberId === '') return;
    const { groupId } = this.#options;
    const coordinator = await this.#cluster.coordinator('group', groupId);
    await ask(coordinator, leaveGroupV4.api, groupId, [{ memberId: this.#memberId, groupInstanceId: null }]);
  }

  async #joined() {
    const { groupId, sessionTimeoutMs, assigner, topics } = this.#options;
    for (;;) {
      const coordinator = await this.#cluster.coordinator('group', groupId);
      const metadata = encodeSubscription(topics, assigner.userData());
      const answer = await ask(
        coordinator,
        joinGroupV7.api,
        groupId,
        sessionTimeoutMs,
        sessionTimeoutMs,
        this.#memberId,
        null,
        PROTOCOL_TYPE,
        [{ name: assigner.name, metadata }],
        null,
      );
      if (answer.errorCode === UNKNOWN_MEMBER_ID && this.#memberId !== '') {
        this.#memberId = '';
      } else if (answer.errorCode === MEMBER_ID_REQUIRED) {
        this.#memberId = answer.memberId;
      } else {
        check(answer.errorCode);
        this.#memberId = answer.memberId;
        this.#generation = answer.generationId;
        return answer;
      }
    }
  }

  async #assign(members: readonly { memberId: string; metadata: Buffer }[]) {
    const counts = new Map<string, number>();
    for (const topic of this.#options.topics) counts.set(topic, (await this.#cluster.leadersOf(topic)).length);
    const joining = members.map(({ memberId, metadata }) => ({ memberId, userData: userDataOf(metadata) }));
    const shares = this.#options.assigner.assign(joining, (topic) => counts.get(topic) ?? 0);
    return [...shares].map(([memberId, assignment]: [string, Assignment]) => {
      return { memberId, assignment: encodeAssignment(assignment) };
    });
  }
}

const PROTOCOL_TYPE = 'consumer';

const UNKNOWN_MEMBER_ID = 25;
const MEMBER_ID_REQUIRED = 79;

const JOIN_AGAIN: ReadonlySet<number> = new Set([
  22, // ILLEGAL_GENERATION
  UNKNOWN_MEMBER_ID,
  27, // REBALANCE_IN_PROGRESS
]);
