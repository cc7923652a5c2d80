import type { Random } from '../../../local/demo/speech-platform/random.ts';
import { lastingFaults, passingFaults } from '../../sources/faults.ts';
import type { Fault } from '../../sources/upstream.ts';

/** What comes between a poller and its source, or ends its process. Requests and writes count from 1 in each poll. */
export type Trouble =
  | { readonly kind: 'none' }
  /** One request, whose next attempt goes well. */
  | { readonly kind: 'passing'; readonly fault: Fault; readonly request: number }
  /** All requests from this one on. */
  | { readonly kind: 'lasting'; readonly fault: Fault; readonly request: number }
  /** The process is killed while it waits for an answer. */
  | { readonly kind: 'killed asking'; readonly request: number }
  /** The process is killed before a write to its journal, or when that has come through. */
  | { readonly kind: 'killed before a write' | 'killed after a write'; readonly write: number }
  /** Another process takes over while this one still runs. */
  | { readonly kind: 'replaced' };

/** What happens at a turn: first at the source, then to the poll. */
export interface Turn {
  readonly change: 'restate' | 'vanish' | null;
  readonly trouble: Trouble;
}

/** How often, of a thousand turns. */
const CHANGES = { restate: 150, vanish: 50 } as const;
const TROUBLES = {
  passing: 80,
  lasting: 80,
  'killed asking': 30,
  'killed before a write': 30,
  'killed after a write': 30,
  replaced: 20,
} as const;
/** Once in each life: longer than any poller usually looks back, and less than a day stays open for usage. */
const OUTAGE_TURNS = 13;
const MAX_REQUEST = 3;
const MAX_WRITE = 3;

/**
 * The life of a source and its poller, of which the first turn and the last are without trouble.
 *
 * @param hasServer whether it is asked over the network
 */
export function scriptOf(random: Random, turns: number, hasServer: boolean): readonly Turn[] {
  const outageFrom = random.integer(1, turns - OUTAGE_TURNS - 1);
  return Array.from({ length: turns }, (_, turn): Turn => {
    if (turn === 0 || turn === turns - 1) return { change: null, trouble: { kind: 'none' } };
    const change = draw(random, CHANGES);
    const trouble = troubleOf(random, hasServer);
    const isOut = hasServer && turn >= outageFrom && turn < outageFrom + OUTAGE_TURNS;
    return { change, trouble: isOut ? AWAY : trouble };
  });
}

const AWAY: Trouble = { kind: 'lasting', fault: { kind: 'status', status: 503 }, request: 1 };

function troubleOf(random: Random, hasServer: boolean): Trouble {
  const kind = draw(random, TROUBLES);
  const request = random.integer(1, MAX_REQUEST);
  const write = random.integer(1, MAX_WRITE);
  const faults = faultsOf(kind === 'passing' ? passingFaults : lastingFaults);
  const fault = faults[random.integer(0, faults.length - 1)];
  switch (kind) {
    case null:
      return { kind: 'none' };
    case 'passing':
    case 'lasting':
      return hasServer && fault !== undefined ? { kind, fault, request } : { kind: 'none' };
    case 'killed asking':
      return hasServer ? { kind, request } : { kind: 'none' };
    case 'killed before a write':
    case 'killed after a write':
      return { kind, write };
    case 'replaced':
      return { kind };
  }
}

/** All but those that take as long as a request may. */
function faultsOf(table: Readonly<Record<string, Fault>>): readonly Fault[] {
  return Object.values(table).filter(({ kind }) => kind !== 'stall');
}

function draw<K extends string>(random: Random, perMille: Readonly<Record<K, number>>): K | null {
  let left = random.integer(0, 999);
  for (const [key, share] of Object.entries<number>(perMille)) {
    if (left < share) return key as K;
    left -= share;
  }
  return null;
}
