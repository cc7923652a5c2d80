import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assignedTasks, createAssigner, shareTasks } from './assigner.ts';

test('gives every task to one member, evenly of all and of each kind, whatever members claim to hold', () => {
  const members = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 8 });
  const claims = fc.array(fc.array(fc.nat(20), { maxLength: 20 }), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(members, fc.nat(20), fc.nat(20), claims, (ids, count, others, claimed) => {
      const tasks = Array.from({ length: count }, (_, index) => `t${index}`);
      const kinds = [tasks.slice(0, others), tasks.slice(others)];
      const holders = ids.map((memberId, at) => ({ memberId, owned: (claimed[at] ?? []).map((task) => `t${task}`) }));
      const shares = shareTasks(holders, kinds);
      assert.deepEqual([...shares.values()].flat().toSorted(), tasks.toSorted());
      for (const some of [tasks, ...kinds]) {
        const sizes = ids.map((id) => shares.get(id)?.filter((task) => some.includes(task)).length ?? -1);
        assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, String(sizes));
      }
      assert.deepEqual(shareTasks(holders.toReversed(), kinds), shares);
      const again = ids.map((memberId) => ({ memberId, owned: shares.get(memberId) ?? [] }));
      for (const [id, names] of shareTasks(again, kinds)) {
        assert.deepEqual(names.toSorted(), shares.get(id)?.toSorted(), 'a second look moves nothing');
      }
    }),
  );
});

test('moves only what must move when a member comes or goes', () => {
  const tasks = [['0', '1', '2', '3', '4', '5']];
  const first = shareTasks([member('a'), member('b')], tasks);
  const joined = shareTasks([member('a', first.get('a')), member('b', first.get('b')), member('c')], tasks);
  assert.equal(joined.get('a')?.filter((task) => first.get('a')?.includes(task)).length, 2);
  assert.equal(joined.get('b')?.filter((task) => first.get('b')?.includes(task)).length, 2);
  const left = shareTasks([member('a', joined.get('a')), member('c', joined.get('c'))], tasks);
  for (const id of ['a', 'c']) {
    assert.ok(joined.get(id)?.every((task) => left.get(id)?.includes(task)));
  }
  const again = shareTasks([member('a', left.get('a')), member('c', left.get('c'))], tasks);
  assert.deepEqual(again, left);
});

test('a second member takes half of the tasks of a busy topic, not all of those of an idle one', () => {
  const kinds = [
    ['calls-0', 'calls-1', 'calls-2', 'calls-3'],
    ['usage-0', 'usage-1', 'usage-2', 'usage-3'],
  ];
  const alone = shareTasks([member('a')], kinds);
  const together = shareTasks([member('a', alone.get('a')), member('b')], kinds);
  assert.deepEqual(together.get('b'), ['calls-2', 'calls-3', 'usage-2', 'usage-3']);
});

test('keeps the partitions of a task together and gives every member the broadcasts', () => {
  const assignments = assigned(['a', 'b']);
  for (const assignment of assignments) {
    assert.deepEqual(assignment['p.reports'], assignment['p.totals']);
    assert.deepEqual(assignment['p.catalog'], [0]);
  }
  assert.deepEqual(assignments.flatMap((assignment) => assignment['p.reports']).toSorted(), [0, 1, 2]);
});

test('a member without a task still reads the broadcasts', () => {
  const assignments = assigned(['a', 'b', 'c', 'd']);
  assert.deepEqual(
    assignments.map((assignment) => [assignment['p.reports']?.length ?? 0, assignment['p.catalog']]).toSorted(),
    [
      [0, [0]],
      [1, [0]],
      [1, [0]],
      [1, [0]],
    ],
  );
});

test('a task is assigned when all its partitions are', () => {
  const tasks = [0, 1].map((partition) => ({ processor: 'x', topics: ['a', 'b'], partition }));
  assert.deepEqual(
    assignedTasks({ 'p.a': [0, 1], 'p.b': [1] }, tasks, (topic) => `p.${topic}`),
    [tasks[1]],
  );
});

function member(memberId: string, owned: readonly string[] = []) {
  return { memberId, owned };
}

/** What members get of a processor with one task for each of three partitions of two topics, and one broadcast. */
function assigned(memberIds: readonly string[]) {
  const ids = [0, 1, 2].map((partition) => ({ processor: 'x', topics: ['reports', 'totals'], partition }));
  const assigner = createAssigner({
    broadcasts: ['p.catalog'],
    tasks: () => ids,
    topicName: (topic) => `p.${topic}`,
    owned: () => [],
  });
  const members = memberIds.map((memberId) => ({ memberId, userData: assigner.userData() }));
  return [...assigner.assign(members, () => 3).values()];
}
