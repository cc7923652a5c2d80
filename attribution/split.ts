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
  if (amount < 0n) return splitAmount(-amount, weights).map((part) => -part);
  const total = sumOf(weights);
  if (total <= 0n) throw new RangeError(`Cannot split ${amount} over weights that add up to ${total}.`);
  const parts: bigint[] = [];
  const remainders: bigint[] = [];
  let left = amount;
  for (const weight of weights) {
    const product = amount * weight;
    const part = product / total;
    parts.push(part);
    remainders.push(product - part * total);
    left -= part;
  }
  for (const i of largest(remainders, Number(left))) parts[i] = (parts[i] ?? 0n) + 1n;
  return parts;
}

/** Divides to the nearest whole number; exactly half goes to the even one. `divisor` is above zero. */
export function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  if (dividend < 0n) return -divideHalfEven(-dividend, divisor);
  const floor = dividend / divisor;
  const twice = 2n * (dividend - floor * divisor);
  const up = twice > divisor || (twice === divisor && (floor & 1n) === 1n);
  return up ? floor + 1n : floor;
}

function sumOf(weights: readonly bigint[]): bigint {
  let sum = 0n;
  for (const weight of weights) {
    if (weight < 0n) throw new RangeError(`A weight cannot be below zero: ${weight}.`);
    sum += weight;
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
  const rounded = Float64Array.from(values, Number);
  const threshold = rounded.toSorted()[values.length - count] ?? 0;
  const above: number[] = [];
  const near: number[] = [];
  for (const [i, value] of rounded.entries()) {
    if (value > threshold) above.push(i);
    else if (value === threshold) near.push(i);
  }
  // The sort is stable, so equals stay in order; a difference of bigints never rounds to 0.
  near.sort((a, b) => Number((values[b] ?? 0n) - (values[a] ?? 0n)));
  return above.concat(near.slice(0, count - above.length));
}
