import { allocateDay, type DayOutcome } from '../../attribution/allocate-day.ts';
import type { Stamp } from '../../attribution/build-documents.ts';
import type { CompiledCatalog } from '../../attribution/compile-catalog.ts';
import { emptyDocument } from '../../attribution/empty-document.ts';
import { emptyStatement } from '../../attribution/empty-statement.ts';
import { formatDay } from '../../schemas/day.ts';
import type { CatalogVersions } from './catalog-versions.ts';
import type { DayState } from './day-state.ts';
import { changedIn, type DayResult, type Emitted, emittedBy, emittedUnknown, vanishedFrom } from './emitted.ts';

/**
 * Computes a day with a catalog and gives what of it readers do not have yet, with something empty for all that they
 * have and that is no more. The day is out then.
 */
export function emitDay(
  state: DayState,
  compiled: CompiledCatalog,
  versions: CatalogVersions,
  stamp: Stamp,
): DayResult {
  const before = heldByReaders(state, versions);
  const result = compute(state, compiled, stamp);
  const after = emittedBy(result);
  const changed = changedIn(result, before);
  const vanished = vanishedFrom(before, after);
  state.out(after);
  const { day } = state;
  const { status } = result;
  const empty = vanished.documents.map(({ tenant, currency }) =>
    emptyDocument(tenant, { day, currency, status, stamp }),
  );
  return {
    documents: [...changed.documents, ...empty],
    statements: [...changed.statements, ...vanished.currencies.map((currency) => emptyStatement(day, currency, stamp))],
  };
}

/** Finds out what readers hold of a day whose inputs are about to change. */
export function learnEmitted(state: DayState): void {
  if (state.held?.as !== 'inputs') return;
  state.held = { as: 'digests', emitted: emittedWith(state, state.held.catalog) };
}

function heldByReaders(state: DayState, versions: CatalogVersions): Emitted {
  const { held } = state;
  switch (held?.as) {
    case 'digests':
      return held.emitted;
    case 'inputs':
      return emittedWith(state, held.catalog);
    case 'anything':
      return emittedUnknown(versions.tenantsOn(state.day), [...held.currencies, ...versions.currencies()]);
    case undefined:
      throw new Error(`${formatDay(state.day)} is computed before its inputs have been read`);
  }
}

/** Digests do not depend on the stamp. */
function emittedWith(state: DayState, catalog: CompiledCatalog): Emitted {
  return emittedBy(compute(state, catalog, { calcVersion: 0, revision: 0 }));
}

function compute({ day, reports, totals }: DayState, catalog: CompiledCatalog, stamp: Stamp): DayOutcome {
  return allocateDay({ day, reports: reports.list(), totals: totals.list(), stamp }, catalog);
}
