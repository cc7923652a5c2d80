/**
 * Stops the process when the arithmetic is wrong: a number that does not add up is worse than none. Stays on in
 * production.
 */
export function invariant(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new Error(`Invariant broken: ${message()}`);
}
