import type { TaskId } from '../task.ts';
import type { Assigner, Assignment } from './client.ts';
import { taskName } from './task-id.ts';

export interface GroupPlan {
  /** Topics with prefix, whose partition 0 every member reads. */
  readonly broadcasts: readonly string[];
  /** All tasks of the processor. Asked for by the leader of the group when it assigns. */
  tasks(partitionsOf: (topic: string) => number): readonly TaskId[];
  /** The name with prefix of a topic of a task. */
  topicName(topic: string): string;
  /** Names of the tasks that this member holds now. */
  owned(): readonly string[];
}

/**
 * Assigns whole tasks: a task's partitions of all its topics go to one member. Members get equally many, but for one, of
 * the tasks of each topic and of all, and keep what they have, since a task that moves must be restored.
 */
export function createAssigner(plan: GroupPlan): Assigner {
  return {
    name: 'apportion-tasks',
    userData: () => Buffer.from(JSON.stringify(plan.owned())),
    assign: (members, partitionsOf) => {
      const tasks = plan.tasks((topic) => partitionsOf(plan.topicName(topic)));
      const byName = new Map(tasks.map((task) => [taskName(task), task]));
      const holders = members.map(({ memberId, userData }) => ({ memberId, owned: ownedOf(userData) }));
      const shares = [...shareTasks(holders, byTopics(tasks))].map(([memberId, names]) => {
        const own = names.flatMap((name) => byName.get(name) ?? []);
        return [memberId, assignmentOf(own, plan)] as const;
      });
      return new Map(shares);
    },
  };
}

interface Holder {
  readonly memberId: string;
  /** Names of the tasks that it says it holds. */
  readonly owned: readonly string[];
}

/** Names of tasks, those of the same topics together. */
function byTopics(tasks: readonly TaskId[]): string[][] {
  return [...Map.groupBy(tasks, ({ topics }) => topics.join('+')).values()].map((of) => of.map(taskName));
}

/**
 * Which member gets which tasks: the same for the same members, tasks and holdings, in whatever order members come.
 *
 * @param kinds tasks that are busy together or idle together: who held all the busy ones and gave up half of all would
 * give up none of its work
 */
export function shareTasks(
  members: readonly Holder[],
  kinds: readonly (readonly string[])[],
): ReadonlyMap<string, readonly string[]> {
  const shares = new Map(members.map(({ memberId }) => [memberId, [] as string[]]));
  for (const tasks of kinds) {
    for (const [memberId, names] of shareKind(members, tasks, (id) => shares.get(id)?.length ?? 0)) {
      shares.get(memberId)?.push(...names);
    }
  }
  return shares;
}

/** Those who have the fewest tasks by now get the ones that are left over. */
function shareKind(
  members: readonly Holder[],
  tasks: readonly string[],
  countOf: (memberId: string) => number,
): readonly (readonly [string, readonly string[]])[] {
  const free = new Set(tasks);
  const holders = members
    .map(({ memberId, owned }) => ({ memberId, owned: [...new Set(owned)].filter((name) => free.has(name)) }))
    .sort(
      (a, b) =>
        countOf(a.memberId) - countOf(b.memberId) || b.owned.length - a.owned.length || compare(a.memberId, b.memberId),
    );
  const least = Math.floor(tasks.length / Math.max(1, holders.length));
  const withOneMore = tasks.length - least * holders.length;
  const shares = holders.map(({ memberId, owned }, index) => {
    const limit = least + (index < withOneMore ? 1 : 0);
    // Two that hold the same are an owner and one who has not yet heard that it is not: the first of them keeps it.
    const kept = owned.filter((name) => free.has(name)).slice(0, limit);
    for (const name of kept) free.delete(name);
    return { memberId, limit, names: kept };
  });
  const left = [...free];
  for (const share of shares) share.names.push(...left.splice(0, share.limit - share.names.length));
  return shares.map(({ memberId, names }) => [memberId, names]);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function ownedOf(userData: Buffer): string[] {
  try {
    const names: unknown = JSON.parse(userData.toString());
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
  } catch {
    return [];
  }
}

function assignmentOf(tasks: readonly TaskId[], plan: GroupPlan): Assignment {
  const assignment: Record<string, number[]> = {};
  for (const broadcast of plan.broadcasts) assignment[broadcast] = [0];
  for (const task of tasks) {
    for (const topic of task.topics) {
      const name = plan.topicName(topic);
      assignment[name] = [...(assignment[name] ?? []), task.partition];
    }
  }
  return assignment;
}

/** The tasks whose partitions are all in an assignment. */
export function assignedTasks(
  assignment: Assignment,
  tasks: readonly TaskId[],
  topicName: (topic: string) => string,
): TaskId[] {
  return tasks.filter((task) =>
    task.topics.every((topic) => assignment[topicName(topic)]?.includes(task.partition) ?? false),
  );
}
