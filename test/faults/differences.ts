import type { Ledger } from '../simulation/ledger.ts';
import type { Letter } from './letter.ts';
import type { Outcome } from './outcome.ts';

/** In what two outcomes differ, in sentences; nothing when they are the same to the last byte. */
export function differences(expected: Outcome, actual: Outcome): readonly string[] {
  return [
    ...betweenLedgers('in Postgres', expected.postgres, actual.postgres),
    ...betweenLedgers('for a subscriber', expected.subscriber, actual.subscriber),
    ...betweenLedgers('as dead letters', textsOf(expected.letters), textsOf(actual.letters)),
    ...standingTwice(actual.letters),
  ];
}

function betweenLedgers(where: string, expected: Ledger, actual: Ledger): readonly string[] {
  return [...new Set([...expected.keys(), ...actual.keys()])].flatMap((key) => {
    const [text, other] = [expected.get(key), actual.get(key)];
    if (text === other) return [];
    if (other === undefined) return [`${where}: ${key} is missing`];
    return [text === undefined ? `${where}: ${key} should not be` : `${where}: ${key} is ${part(other, text)}`];
  });
}

function textsOf(letters: readonly Letter[]): Ledger {
  return new Map(letters.map(({ processor, origin, digest }) => [`${processor} ${origin}`, digest]));
}

function standingTwice(letters: readonly Letter[]): readonly string[] {
  const counted = Map.groupBy(letters, ({ processor, origin }) => `${processor} ${origin}`);
  return [...counted].flatMap(([key, same]) => {
    const places = same.map(({ place }) => place).join(', ');
    return same.length === 1 ? [] : [`as dead letters: ${key} stands ${same.length} times: ${places}`];
  });
}

/** Where the first difference begins, with a little around it. */
function part(text: string, other: string): string {
  const shown = 120;
  const at = [...text].findIndex((character, index) => character !== other[index]);
  const from = Math.max(0, at - shown / 2);
  return `…${text.slice(from, from + shown)}… and should be …${other.slice(from, from + shown)}…`;
}
