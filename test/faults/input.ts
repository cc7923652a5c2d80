import { parse } from 'yaml';
import { parseCatalog } from '../../attribution/parse-catalog.ts';
import { makeCalls } from '../../local/demo/speech-platform/calls.ts';
import { speechPlatform } from '../../local/demo/speech-platform.ts';
import type { Call } from '../../schemas/call.ts';
import type { Catalog } from '../../schemas/catalog.ts';
import type { CostReport } from '../../schemas/cost-report.ts';
import { addDays, DAY_MS, type DayRange, dayOf } from '../../schemas/day.ts';
import type { UsageSample } from '../../schemas/usage-sample.ts';
import { catalogsAfter } from './catalogs.ts';
import { samplesOf } from './samples.ts';

/** What is sent in a run: the same for the same options, in the same order, up to the last record. */
export interface FaultInput {
  /** Applied before anything is sent. */
  readonly catalog: Catalog;
  readonly range: DayRange;
  readonly pieceCount: number;
  /** From the first one on, made as they are asked for: not all of them have room in memory. Sent one after the other. */
  pieces(): Generator<Piece, void>;
}

export interface Piece {
  /** Applied before the rest is sent, where there is one. */
  readonly catalog: Catalog | null;
  readonly calls: readonly Call[];
  readonly samples: readonly UsageSample[];
  readonly reports: readonly CostReport[];
  /** What arrives cut off. */
  readonly damagedCalls: readonly Call[];
  readonly damagedSamples: readonly UsageSample[];
  readonly damagedReports: readonly CostReport[];
  /** Whether the voice platform runs its next version, which writes its calls with another schema. */
  readonly newer: boolean;
}

export interface InputOptions {
  readonly seed: number;
  readonly nowMs: number;
  /** Calls at least; some lines come again or are to be refused. */
  readonly calls: number;
  readonly days: number;
  readonly callsPerPiece: number;
  /** Whether other catalogs are applied while calls stream in. */
  readonly changesCatalog?: boolean;
}

/** Calls come as a chapter of so many days after another, each of which begins a day later: days overlap, as they do. */
const CHAPTER_DAYS = 3;
/** Every so many pieces, something comes that is refused. */
const REFUSED_EVERY = 10;
/** More than the days that stay open, so that a call moved back by them is late. */
const LATE_DAYS = 10;

/** The demo's platform up to yesterday, its bills among the calls, with lines that must be refused. */
export function faultInput(options: InputOptions): FaultInput {
  const { seed, nowMs, calls, days, callsPerPiece, changesCatalog = false } = options;
  const lastDay = addDays(dayOf(nowMs), -1);
  const platform = speechPlatform({ seed, lastDay, days, calls: 0 });
  const parsed = parseCatalog(parse(platform.catalog));
  if (!parsed.ok) throw new Error(`The demo's catalog is wrong: ${JSON.stringify(parsed.faults)}`);
  const reports = [...platform.reports, ...platform.restatements];
  const chapters = days - CHAPTER_DAYS + 1;
  const callsPerChapter = Math.ceil(calls / chapters);
  const piecesPerChapter = Math.ceil(callsPerChapter / callsPerPiece);
  const pieceCount = chapters * piecesPerChapter;
  const laterCatalogs = changesCatalog ? catalogsAfter(parsed.catalog) : [];
  const catalogAt = new Map(
    laterCatalogs.map((catalog, index) => [
      Math.floor(((index + 1) * pieceCount) / (laterCatalogs.length + 1)),
      catalog,
    ]),
  );
  return {
    catalog: parsed.catalog,
    range: { from: platform.firstDay, to: lastDay },
    pieceCount,
    *pieces() {
      for (let chapter = 0; chapter < chapters; chapter++) {
        const end = addDays(platform.firstDay, chapter + CHAPTER_DAYS - 1);
        const { lines } = makeCalls(seed + chapter, end, CHAPTER_DAYS, callsPerChapter);
        for (let index = 0; index < piecesPerChapter; index++) {
          const place = chapter * piecesPerChapter + index;
          const due = { calls: share(lines, index, piecesPerChapter), reports: share(reports, place, pieceCount) };
          const options = { hasLate: chapter >= LATE_DAYS, isNewer: place >= pieceCount / 2 };
          yield { ...pieceOf(due, place, options), catalog: catalogAt.get(place) ?? null };
        }
      }
    },
  };
}

function pieceOf(
  { calls, reports }: Pick<Piece, 'calls' | 'reports'>,
  place: number,
  { hasLate, isNewer }: { hasLate: boolean; isNewer: boolean },
): Omit<Piece, 'catalog'> {
  const isBad = place % REFUSED_EVERY === 0;
  const bad = isBad ? calls.slice(0, 1) : [];
  const sent = [...calls, ...bad.map(conflicting), ...(hasLate ? bad.map(late) : [])];
  const samples = samplesOf(sent);
  return {
    calls: sent,
    samples,
    reports,
    damagedCalls: bad,
    damagedSamples: isBad ? samples.slice(0, 1) : [],
    damagedReports: isBad ? reports.slice(0, 1) : [],
    newer: isNewer,
  };
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
