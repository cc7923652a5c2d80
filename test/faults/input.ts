import { parse } from 'yaml';
import { parseCatalog } from '../../attribution/parse-catalog.ts';
import { speechPlatform } from '../../local/demo/speech-platform.ts';
import type { DayRange } from '../../operations/select-days.ts';
import type { Call } from '../../schemas/call.ts';
import type { Catalog } from '../../schemas/catalog.ts';
import type { CostReport } from '../../schemas/cost-report.ts';
import { addDays, DAY_MS, dayOf } from '../../schemas/day.ts';

/** What is sent in every run that is compared: the same, in the same order, up to the last record. */
export interface FaultInput {
  readonly catalog: Catalog;
  /** Sent one after the other. */
  readonly pieces: readonly Piece[];
  readonly range: DayRange;
}

export interface Piece {
  readonly calls: readonly Call[];
  readonly reports: readonly CostReport[];
  /** What arrives cut off. */
  readonly damagedCalls: readonly Call[];
  readonly damagedReports: readonly CostReport[];
  /** Whether the voice platform runs its next version, which writes its calls with another schema. */
  readonly newer: boolean;
}

const SEED = 11;
const CALLS = 12_000;
const CALLS_PER_PIECE = 40;
/** Every so many pieces, something comes that is refused. */
const REFUSED_EVERY = 10;
/** More than the days that stay open, so that a call moved back by them is late. */
const LATE_DAYS = 10;

/** Two weeks of the demo's platform up to yesterday, its bills among the calls, with lines that must be refused. */
export function faultInput(nowMs: number): FaultInput {
  const lastDay = addDays(dayOf(nowMs), -1);
  const platform = speechPlatform({ seed: SEED, lastDay, calls: CALLS });
  const parsed = parseCatalog(parse(platform.catalog));
  if (!parsed.ok) throw new Error(`The demo's catalog is wrong: ${JSON.stringify(parsed.faults)}`);
  return {
    catalog: parsed.catalog,
    pieces: piecesOf(platform.calls, [...platform.reports, ...platform.restatements]),
    range: { from: platform.firstDay, to: platform.lastDay },
  };
}

function piecesOf(calls: readonly Call[], reports: readonly CostReport[]): readonly Piece[] {
  const count = Math.ceil(calls.length / CALLS_PER_PIECE);
  return Array.from({ length: count }, (_, index) => {
    const own = calls.slice(index * CALLS_PER_PIECE, (index + 1) * CALLS_PER_PIECE);
    const due = share(reports, index, count);
    const isRefused = index % REFUSED_EVERY === 0;
    const refused = isRefused ? own.slice(0, 1) : [];
    return {
      calls: [...own, ...refused.map(conflicting), ...(index >= (count * 9) / 10 ? refused.map(late) : [])],
      reports: due,
      damagedCalls: refused,
      damagedReports: isRefused ? due.slice(0, 1) : [],
      newer: index >= count / 2,
    };
  });
}

/** The part of the values that falls to one of `count` pieces, in order. */
function share<T>(values: readonly T[], index: number, count: number): readonly T[] {
  const place = (at: number): number => Math.floor((at * values.length) / count);
  return values.slice(place(index), place(index + 1));
}

function conflicting(call: Call): Call {
  return { ...call, endedAt: call.endedAt + 1 };
}

function late(call: Call): Call {
  const back = LATE_DAYS * DAY_MS;
  return { ...call, callId: `${call.callId}-late`, startedAt: call.startedAt - back, endedAt: call.endedAt - back };
}
