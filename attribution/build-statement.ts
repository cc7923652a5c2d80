import { UNALLOCATED } from '../schemas/attribution-document.ts';
import type { Amount } from '../schemas/scalars.ts';
import type { Money, SourceStatement } from '../schemas/statement.ts';
import { formatAmount, formatDecimal, ZERO } from './amount.ts';
import { compareText } from './canonical-json.ts';
import { computeOnce } from './compute-once.ts';
import { invariant } from './invariant.ts';
import type { Part } from './part.ts';
import { addTo, type ReadReport } from './read-report.ts';

/** The row of a report: where its money went. Adds up what was really given, so a difference would show. */
export function sourceStatement(read: ReadReport, parts: readonly Part[]): SourceStatement {
  const { report, conversion } = read;
  const allocated = zero();
  const covered = zero();
  const held = new Reasons();
  const unallocated = new Reasons();
  for (const { shares, reason } of parts) {
    for (const share of shares) {
      addTo(share.target.tenant === UNALLOCATED ? unallocated.of(reason) : allocated, share);
    }
  }
  for (const origin of read.origins) {
    if (origin.action?.kind === 'cover') addTo(covered, origin);
    if (origin.action?.kind === 'hold') addTo(held.of(origin.action.reason), origin);
  }
  const heldSum = held.sum();
  const given = sum([allocated, covered, heldSum, unallocated.sum()]);
  const difference = {
    billed: (read.in.billed - given.billed) as Amount,
    effective: (read.in.effective - given.effective) as Amount,
  };
  invariant(
    difference.billed === ZERO && difference.effective === ZERO,
    () =>
      `${report.source} ${report.account} differs by ${formatAmount(difference.billed)} billed and ` +
      `${formatAmount(difference.effective)} effective between its charges and where they went.`,
  );
  return {
    source: report.source,
    account: report.account,
    observedAt: report.observedAt,
    status: report.status,
    charges: read.charges,
    in: read.in,
    allocated,
    covered,
    held: heldSum,
    unallocated: unallocated.record(),
    difference,
    rate: conversion === null ? null : formatDecimal(conversion.rate),
    rateDay: conversion?.day ?? null,
    heldReasons: held.record(),
  };
}

interface RunningSum {
  billed: Amount;
  effective: Amount;
}

function zero(): RunningSum {
  return { billed: ZERO, effective: ZERO };
}

function sum(amounts: Iterable<Money>): RunningSum {
  const total = zero();
  for (const money of amounts) addTo(total, money);
  return total;
}

/** Running sums by reason. A reason that was met stays, also with nothing in it. */
class Reasons {
  readonly #sums = new Map<string, RunningSum>();

  of(reason: string): RunningSum {
    return computeOnce(this.#sums, reason, zero);
  }

  sum(): RunningSum {
    return sum(this.#sums.values());
  }

  /** Sorted, and safe for any text: a reason may be called `__proto__`. */
  record(): Record<string, Money> {
    return Object.fromEntries([...this.#sums].sort(([a], [b]) => compareText(a, b)));
  }
}
