import type { Checking } from './check.ts';
import { differenceText } from './difference-text.ts';

/** Expects the same JSON texts, by key, on both sides, and says in which fields they differ. */
export function compareTexts(
  checking: Checking,
  [nameOfA, a]: readonly [name: string, texts: ReadonlyMap<string, string>],
  [nameOfB, b]: readonly [name: string, texts: ReadonlyMap<string, string>],
): void {
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    const [one, other] = [a.get(key), b.get(key)];
    checking.expect(one === other, () => {
      if (one === undefined) return `${key}: ${nameOfB} only.`;
      if (other === undefined) return `${key}: ${nameOfA} only.`;
      return `${key}: ${differenceText(one, other, nameOfA, nameOfB)}.`;
    });
  }
}

/** What `compareTexts` compares: the text of each value, by its key. */
export function textsOf<T>(
  values: readonly T[],
  keyOf: (value: T) => string,
  textOf: (value: T) => string,
): Map<string, string> {
  return new Map(values.map((value) => [keyOf(value), textOf(value)]));
}
