/** Which faults come when: data that follows from a seed. */
import { Random } from '../../local/demo/speech-platform/random.ts';
import type { KafkaStep } from './proxy/kafka-protocol.ts';
import type { Where } from './proxy/network-proxy.ts';

export const roleNames = ['meter', 'attribute', 'postgres-sink'] as const;
export type RoleName = (typeof roleNames)[number];
/** Those whose positions are in their groups: the sink's are in Postgres. */
const positionedRoles = ['meter', 'attribute'] as const;
export type PositionedRole = (typeof positionedRoles)[number];

export type Fault =
  /** A connection of the role is cut exactly there. */
  | { readonly is: 'cut'; readonly role: RoleName; readonly step: CutStep; readonly where: Where }
  /** `kill -9` of all processes of the role at the moment when one of them comes to that step. */
  | { readonly is: 'kill at a step'; readonly role: RoleName; readonly step: CutStep; readonly where: Where }
  /** `kill -9` of a process, and `isRepeated` once more while the next one takes up its work. */
  | { readonly is: 'kill'; readonly role: RoleName; readonly member: number; readonly isRepeated: boolean }
  /** A process sleeps for longer than its session lasts, and wakes as a zombie. */
  | { readonly is: 'pause'; readonly role: RoleName; readonly member: number; readonly ms: number }
  /** Somebody sets the time of day of a process forward or back, and after a while right. */
  | {
      readonly is: 'clock step';
      readonly role: RoleName;
      readonly member: number;
      readonly ms: number;
      readonly stepMs: number;
    }
  | {
      readonly is: 'slow link';
      readonly link: Link;
      readonly ms: number;
      readonly latencyMs: number;
      readonly bytesPerSecond: number;
    }
  /** Packets are lost, and no connection ends. */
  | { readonly is: 'stalled link'; readonly link: Link; readonly ms: number }
  /** Members join the role's group, one after the other, and leave it: in good order, or killed. */
  | { readonly is: 'rebalance storm'; readonly role: RoleName; readonly leaving: readonly ('stop' | 'kill')[] }
  | { readonly is: 'server away'; readonly server: ServerName; readonly how: 'kill' | 'stop'; readonly ms: number }
  /**
   * All processes of the role are killed, and begin where their group was so long before: its coordinator has lost what
   * was committed since.
   */
  | { readonly is: 'lost positions'; readonly role: PositionedRole; readonly ms: number }
  /** Postgres has no more space, until somebody makes some. */
  | { readonly is: 'full disk' };

const transactionSteps = [
  'Produce',
  'AddOffsetsToTxn',
  'TxnOffsetCommit',
  'EndTxn',
] as const satisfies readonly KafkaStep[];
export type CutStep = (typeof transactionSteps)[number] | 'COMMIT';
export type ServerName = 'kafka' | 'registry' | 'postgres';

/** Between a role and a server. */
export interface Link {
  readonly role: RoleName;
  readonly server: 'kafka' | 'postgres';
}

export interface Scheduled {
  /** When this share of the input is acknowledged. */
  readonly at: number;
  readonly kind: Kind;
  readonly fault: Fault;
}

/** The least that a broker grants, so that faults which outlast a session are short. */
export const SESSION_TIMEOUT_MS = 6_000;
const MINUTE_MS = 60_000;

/** So many faults over the whole input. Every `kinds.length` of them, each kind comes once, in an order of its own. */
export function scenario({ seed, faults }: { readonly seed: number; readonly faults: number }): readonly Scheduled[] {
  const random = new Random(seed, 'faults');
  let left: Kind[] = [];
  return Array.from({ length: faults }, (_, index) => {
    if (left.length === 0) left = shuffled(random, kinds);
    const kind = left.pop() ?? 'kill of a role';
    // The last ones leave some input for what comes after them.
    const at = (0.95 * (index + random.fraction())) / faults;
    return { at, kind, fault: make[kind](random) };
  });
}

const make = {
  'cut at Produce': (random) => cut(random, 'Produce'),
  'cut at AddOffsetsToTxn': (random) => cut(random, 'AddOffsetsToTxn'),
  'cut at TxnOffsetCommit': (random) => cut(random, 'TxnOffsetCommit'),
  'cut at EndTxn': (random) => cut(random, 'EndTxn'),
  'cut at COMMIT': (random) => ({ is: 'cut', role: 'postgres-sink', step: 'COMMIT', where: whereOf(random) }),
  'kill of a role': (random) => ({ is: 'kill', ...victim(random), isRepeated: random.chance(0.5) }),
  'kill at a step': (random) => {
    const role = pick(random, roleNames);
    const step = role === 'postgres-sink' ? 'COMMIT' : pick(random, transactionSteps);
    return { is: 'kill at a step', role, step, where: whereOf(random) };
  },
  'pause of a role': (random) => ({ is: 'pause', ...victim(random), ms: beyondSession(random) }),
  'clock step': (random) => ({
    is: 'clock step',
    ...victim(random),
    ms: random.integer(1_000, 3_000),
    stepMs: pick(random, [-1, 1]) * random.integer(MINUTE_MS, 36 * 60 * MINUTE_MS),
  }),
  'slow link': (random) => ({
    is: 'slow link',
    link: linkOf(random),
    ms: random.integer(1_000, 3_000),
    latencyMs: random.integer(1, 30),
    bytesPerSecond: random.integer(100_000, 1_000_000),
  }),
  'stalled link': (random) => ({ is: 'stalled link', link: linkOf(random), ms: beyondSession(random) }),
  'rebalance storm': (random) => ({
    is: 'rebalance storm',
    role: pick(random, roleNames),
    leaving: Array.from({ length: 3 }, () => pick(random, ['stop', 'kill'] as const)),
  }),
  'kill of the broker': (random) => ({ is: 'server away', server: 'kafka', how: 'kill', ms: random.integer(0, 1_000) }),
  'restart of a server': (random) => ({
    is: 'server away',
    server: pick(random, ['kafka', 'registry', 'postgres'] as const),
    how: pick(random, ['stop', 'kill'] as const),
    ms: random.integer(0, 1_000),
  }),
  'lost positions': (random) => ({
    is: 'lost positions',
    role: pick(random, positionedRoles),
    ms: random.integer(1_000, 5_000),
  }),
  'full disk': () => ({ is: 'full disk' }),
} satisfies Record<string, (random: Random) => Fault>;

export type Kind = keyof typeof make;
export const kinds = Object.keys(make) as readonly Kind[];

function cut(random: Random, step: CutStep): Fault {
  return { is: 'cut', role: pick(random, positionedRoles), step, where: whereOf(random) };
}

function whereOf(random: Random): Where {
  return pick(random, ['request', 'reply', 'late'] as const);
}

/** Members count from 0, modulo as many as there are. */
function victim(random: Random): { readonly role: RoleName; readonly member: number } {
  return { role: pick(random, roleNames), member: random.integer(0, 99) };
}

function linkOf(random: Random): Link {
  const role = pick(random, roleNames);
  return { role, server: role === 'postgres-sink' ? pick(random, ['kafka', 'postgres'] as const) : 'kafka' };
}

function beyondSession(random: Random): number {
  return SESSION_TIMEOUT_MS + random.integer(500, 2_500);
}

function pick<T>(random: Random, choices: readonly [T, ...T[]]): T {
  return choices[random.integer(0, choices.length - 1)] ?? choices[0];
}

function shuffled<T>(random: Random, values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, rank: random.fraction() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ value }) => value);
}
