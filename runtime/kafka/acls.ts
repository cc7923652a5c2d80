import { topics } from '../../schemas/topics.ts';

/** Roles that run as users of their own, by what `schemas/topics.ts` calls them. */
const namesInTopics = {
  ingest: 'ingest',
  poller: 'pollers',
  meter: 'meter',
  attribute: 'attribute',
  'postgres-sink': 'postgres-sink',
} as const;

export type AclRole = keyof typeof namesInTopics;
export const aclRoles = Object.keys(namesInTopics) as readonly AclRole[];

/** What one may do to resources of Kafka. Reading, writing and deleting include looking at them. */
export interface Acl {
  readonly operations: readonly ('Read' | 'Write' | 'Delete')[];
  readonly resource: 'topic' | 'group' | 'transactional-id';
  /** `prefixed`: all whose names begin so. */
  readonly pattern: 'literal' | 'prefixed';
  readonly names: readonly string[];
}

/**
 * All that a role needs of a Kafka with authorization on: the topics that it is declared to read and to write, its group,
 * the groups by which it reads a topic from end to end, and its transactions.
 *
 * @param prefix of topics, groups and transactional ids
 */
export function aclsOf(role: AclRole, prefix: string): readonly Acl[] {
  const name = namesInTopics[role];
  const read = topics.filter(({ readBy }) => readBy.includes(name)).map((topic) => prefix + topic.name);
  const written = topics.filter(({ writtenBy }) => writtenBy.includes(name)).map((topic) => prefix + topic.name);
  const readers = read.map((topic) => `${topic}.read.`);
  const acls: readonly Acl[] = [
    { operations: ['Read'], resource: 'topic', pattern: 'literal', names: read },
    { operations: ['Write'], resource: 'topic', pattern: 'literal', names: written },
    { operations: ['Read'], resource: 'group', pattern: 'literal', names: isMember(role) ? [prefix + role] : [] },
    { operations: ['Read', 'Delete'], resource: 'group', pattern: 'prefixed', names: readers },
    { operations: ['Write'], resource: 'transactional-id', pattern: 'prefixed', names: transactionsOf(role, prefix) },
  ];
  return acls.filter(({ names }) => names.length > 0);
}

/** The command of Kafka's own that grants it. */
export function grantCommand({ operations, resource, pattern, names }: Acl, principal: string): string {
  const operation = operations.map((each) => `--operation ${each}`).join(' ');
  const resources = names.map((name) => `--${resource} ${name}`).join(' ');
  const type = pattern === 'prefixed' ? ' --resource-pattern-type prefixed' : '';
  return `kafka-acls.sh --bootstrap-server "$BROKER" --add --allow-principal ${principal} ${operation}${type} ${resources}`;
}

/** Those that share their work out as members of a group. */
function isMember(role: AclRole): boolean {
  return role !== 'ingest' && role !== 'poller';
}

function transactionsOf(role: AclRole, prefix: string): readonly string[] {
  if (isMember(role)) return [`${prefix}${role}-`];
  return role === 'poller' ? [`${prefix}journal-`] : [];
}
