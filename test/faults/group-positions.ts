/** What the group of a role has committed, and how it loses it. */
import type { World } from '../../commands/world.ts';
import { attribute } from '../../processors/attribute.ts';
import { meter } from '../../processors/meter.ts';
import type { GroupPosition } from '../../runtime/kafka/client.ts';
import type { Settings } from '../../runtime/settings.ts';
import type { PositionedRole } from './scenario.ts';

const processors = { meter, attribute };

export async function readPositions(world: World, role: PositionedRole): Promise<readonly GroupPosition[]> {
  const { topicPrefix: prefix } = world.settings;
  const topics = processors[role].reads.map(({ name }) => prefix + name);
  const committed = await world.admin.committed(prefix + role, topics);
  return [...committed].flatMap(([topic, positions]) =>
    [...positions].map(([partition, { offset: position, metadata }]) => ({ topic, partition, position, metadata })),
  );
}

/** Makes these what the group has committed last, whoever its members are. */
export async function writePositions(
  { kafka, settings: { topicPrefix: prefix } }: Pick<World, 'kafka'> & { settings: Pick<Settings, 'topicPrefix'> },
  role: PositionedRole,
  positions: readonly GroupPosition[],
): Promise<void> {
  if (positions.length === 0) return;
  const producer = await kafka.transactionalProducer(`${prefix}${role}-set-back`);
  try {
    await producer.sendPositions(prefix + role, positions);
    await producer.commit();
  } finally {
    await producer.discard();
  }
}
