/**
 * Splits an amount over weights so that nothing is lost or made: the method of the largest remainder.
 *
 * `q_i = floor(|amount| * w_i / W)`; the units that are left over go one each to the largest remainders
 * `|amount| * w_i mod W`. Equal remainders go by position, so callers order the weights by their tie-break
 * (tenant and product, blend part, day). The parts take the sign of the amount and always add up to it.
 *
 * @param amount any whole number of units, of any sign
 * @param weights non-negative, at least one above zero
 */
export function splitAmount(amount: bigint, weights: readonly bigint[]): bigint[] {
  const total = sumOf(weights);
  if (total <= 0n) throw new RangeError(`Cannot split ${amount} over weights that add up to ${total}.`);
  const size = amount < 0n ? -amount : amount;
  const parts: bigint[] = new Array(weights.length);
  const remainders: bigint[] = new Array(weights.length);
  let given = 0n;
  for (const [i, weight] of weights.entries()) {
    const product = size * weight;
    const part = product / total;
    parts[i] = part;
    remainders[i] = product - part * total;
    given += part;
  }
  for (const i of largest(remainders, Number(size - given))) parts[i] = (parts[i] ?? 0n) + 1n;
  return amount < 0n ? parts.map((part) => -part) : parts;
}

/** Divides to the nearest whole number; exactly half goes to the even one. `divisor` is above zero. */
export function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  const size = dividend < 0n ? -dividend : dividend;
  const floor = size / divisor;
  const twice = 2n * (size - floor * divisor);
  const up = twice > divisor || (twice === divisor && (floor & 1n) === 1n);
  const rounded = up ? floor + 1n : floor;
  return dividend < 0n ? -rounded : rounded;
}

function sumOf(values: readonly bigint[]): bigint {
  let sum = 0n;
  for (const value of values) {
    if (value < 0n) throw new RangeError(`A weight cannot be below zero: ${value}.`);
    sum += value;
  }
  return sum;
}

/**
 * The positions of the `count` largest values, earlier positions first among equals.
 *
 * Sorting 10,000 bigints by comparison would cost more than all the rest of a split. Doubles sort fast, and rounding
 * to a double never swaps two values: it only makes near ones equal. So doubles find the threshold, and only the
 * values that round to the threshold itself are compared exactly.
 */
function largest(values: readonly bigint[], count: number): number[] {
  if (count === 0) return [];
  const rounded = Float64Array.from(values, Number);
  const threshold = rounded.toSorted()[values.length - count] ?? 0;
  const above: number[] = [];
  const near: number[] = [];
  for (const [i, value] of rounded.entries()) {
    if (value > threshold) above.push(i);
    else if (value === threshold) near.push(i);
  }
  near.sort((a, b) => compareDescending(values[a] ?? 0n, values[b] ?? 0n) || a - b);
  return above.concat(near.slice(0, count - above.length));
}

function compareDescending(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a > b ? -1 : 1;
}
