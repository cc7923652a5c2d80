import { z } from 'zod';

/** Nano-units in one unit: a core has as many nano-cores. The finest step that Kubernetes has. */
export const NANO = 1_000_000_000n;

/**
 * Reads a quantity such as `250m`, `67131864n`, `1.5Gi` or `12e3` into nano-units, exactly. As Kubernetes does it: what
 * is finer than nano is rounded away from zero, and binary quantities end at 2^63 - 1 units. Null for what is none.
 * Grammar: `pkg/api/resource/quantity.go` of kubernetes/apimachinery, whose comment leaves out `n` and `u`; `E` alone is
 * exa, with digits behind it an exponent.
 */
export function parseQuantity(text: string): bigint | null {
  const match = QUANTITY.exec(text);
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = '', suffix = ''] = match;
  if (whole + fraction === '') return null;
  const digits = BigInt(whole + fraction);
  const size = scaled(digits, fraction.length, suffix);
  return sign === '-' ? -size : size;
}

/** A quantity in nano-units; what uses or reserves less than nothing is none. */
export const quantity = z.string().transform((text, context): bigint => {
  const nano = parseQuantity(text);
  if (nano !== null && nano >= 0n) return nano;
  context.addIssue({ code: 'custom', message: `expected a quantity, found "${text.slice(0, 60)}"` });
  return z.NEVER;
});

/** Longer numbers and exponents mean nothing that a cluster has. */
const QUANTITY = /^([+-]?)(\d{0,40})(?:\.(\d{0,40}))?([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d{1,2})?$/;

const DECIMAL = 'num kMGTPE';
const BINARY = ' KMGTPE';
const MAX_BINARY = (2n ** 63n - 1n) * NANO;

function scaled(digits: bigint, decimals: number, suffix: string): bigint {
  if (suffix.endsWith('i')) {
    const factor = 1024n ** BigInt(BINARY.indexOf(suffix.charAt(0)));
    const size = timesPowerOfTen(digits * factor, 9 - decimals);
    return size > MAX_BINARY ? MAX_BINARY : size;
  }
  return timesPowerOfTen(digits, 9 - decimals + exponentOf(suffix));
}

function exponentOf(suffix: string): number {
  if (suffix === '') return 0;
  if (suffix.length > 1) return Number(suffix.slice(1));
  return 3 * (DECIMAL.indexOf(suffix) - DECIMAL.indexOf(' '));
}

function timesPowerOfTen(value: bigint, power: number): bigint {
  if (power >= 0) return value * 10n ** BigInt(power);
  const divisor = 10n ** BigInt(-power);
  return (value + divisor - 1n) / divisor;
}
