import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { World } from '../../commands/world.ts';
import { Random } from '../../local/demo/speech-platform/random.ts';
import { speechPlatform } from '../../local/demo/speech-platform.ts';
import { pipelineStages } from '../../operations/pipeline-stages.ts';
import { dayFrom } from '../../operations/select-days.ts';
import { readCatalogMetadata } from '../../processors/attribute/positions.ts';
import { eventually, freshDatabase, freshPrefix, testStack } from '../integration/stack.ts';
import { differences } from './outcome.ts';
import { BATCHES, type Disturbance, runPipeline } from './pipeline-run.ts';
import type { SupervisedRole } from './supervised-role.ts';

const KILLS_PER_ROLE = 5;
const WORK_LIMIT_MS = 60_000;
const ROLES = ['meter', 'attribute', 'postgres-sink'];

const platform = speechPlatform({ seed: 11, lastDay: dayFrom('lastDay', '2026-10-31'), calls: 6_000 });
const stack = await testStack();
const undisturbed = await runPipeline({
  stack,
  platform,
  prefix: freshPrefix(),
  databaseUrl: await freshDatabase(),
  processes: [['all']],
});

test('an undisturbed run passes the audit, and has something to lose', () => {
  assert.deepEqual(undisturbed.faults, []);
  assert.ok(undisturbed.documents.size > 14 * 40);
  assert.ok(undisturbed.deadLetters.size > 0);
});

test('five kills of each role at random moments change nothing', async () => {
  const kills = killPlan(23, ROLES, KILLS_PER_ROLE);
  let killed = 0;
  const killer = new Killer();
  const disturbed = await runPipeline({
    stack,
    platform,
    prefix: freshPrefix(),
    databaseUrl: await freshDatabase(),
    processes: ROLES.map((role) => [role]),
    disturb: async (at) => {
      const doomed = at.roles.filter(({ args: [name = ''] }) => kills.get(name)?.has(at.batch));
      await Promise.all(doomed.map((role) => killer.killAtWork(at, role, role.args)));
      killed += doomed.length;
    },
  });
  assert.equal(killed, ROLES.length * KILLS_PER_ROLE);
  assert.deepEqual(differences(undisturbed, disturbed), []);
});

test('five kills of one process that runs all roles change nothing', async () => {
  const kills = killPlan(29, ['all'], KILLS_PER_ROLE);
  const killer = new Killer();
  const disturbed = await runPipeline({
    stack,
    platform,
    prefix: freshPrefix(),
    databaseUrl: await freshDatabase(),
    processes: [['all']],
    disturb: async (at) => {
      const [role] = at.roles;
      if (role !== undefined && kills.get('all')?.has(at.batch)) await killer.killAtWork(at, role, ROLES);
    },
  });
  assert.deepEqual(differences(undisturbed, disturbed), []);
});

test('two processes of each role give what one gives, also when one of them dies', async () => {
  const disturbed = await runPipeline({
    stack,
    platform,
    prefix: freshPrefix(),
    databaseUrl: await freshDatabase(),
    processes: [...ROLES, ...ROLES].map((role) => [role]),
    disturb: async (at) => {
      if (at.batch === BATCHES / 2) await Promise.all(at.roles.slice(0, ROLES.length).map((role) => role.kill()));
    },
  });
  assert.deepEqual(differences(undisturbed, disturbed), []);
});

test('the comparison finds a unit that is lost, a document that is missing, and a letter that stands twice', () => {
  const [key = '', text = ''] = [...undisturbed.documents][0] ?? [];
  const altered = new Map(undisturbed.documents).set(key, text.replace(/"billed":"[^"]*"/, '"billed":"0"'));
  assert.notEqual(altered.get(key), text);
  const found = differences(undisturbed, { ...undisturbed, documents: altered });
  assert.deepEqual(found.length, 1);
  assert.match(found[0] ?? '', /^document \["2026-/);

  const missing = new Map(undisturbed.documents);
  missing.delete(key);
  assert.equal(differences(undisturbed, { ...undisturbed, documents: missing }).length, 1);
  const twice = { ...undisturbed, deadLetterRecords: undisturbed.deadLetterRecords + 1 };
  assert.deepEqual(differences(undisturbed, twice), ['1 dead letters stand more than once']);
});

/** In which batches each role is killed. */
function killPlan(seed: number, roles: readonly string[], kills: number): ReadonlyMap<string, ReadonlySet<number>> {
  return new Map(
    roles.map((role) => {
      const random = new Random(seed, role);
      const batches = new Set<number>();
      while (batches.size < kills) batches.add(random.integer(0, BATCHES - 1));
      return [role, batches];
    }),
  );
}

/** Kills roles only once they have done something since they last died, so that no kill hits a process that is idle. */
class Killer {
  readonly #positionAtDeath = new Map<SupervisedRole, number>();

  async killAtWork(at: Disturbance, role: SupervisedRole, names: readonly string[]): Promise<void> {
    const before = this.#positionAtDeath.get(role) ?? 0;
    await eventually(
      `${role.args.join(' ')} to work after its last death`,
      async () => (await position(at.world, names)) > before,
      WORK_LIMIT_MS,
    );
    await role.kill();
    this.#positionAtDeath.set(role, await position(at.world, names));
  }
}

/** The sum of all offsets that the roles have committed. */
async function position(world: World, names: readonly string[]): Promise<number> {
  const admin = await world.admin();
  const prefix = world.settings.topicPrefix;
  const stages = pipelineStages({ admin, pool: world.pool, prefix, catalogPosition: readCatalogMetadata });
  let sum = 0;
  for (const stage of stages.filter(({ role }) => names.includes(role))) {
    for (const topic of stage.topics) {
      for (const offset of (await stage.positions(topic)).values()) sum += Number.isFinite(offset) ? offset : 0;
    }
  }
  return sum;
}
