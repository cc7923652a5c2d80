import { dayOf } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';
import type { KnownScope } from './row.ts';

/** What bad rows leave incomplete, and therefore unreported: as little as is certain. */
export class Incomplete {
  #all = false;
  readonly #sources = new Set<string>();
  readonly #accounts = new Set<string>();
  readonly #days = new Set<string>();

  add({ source, account, period }: Readonly<KnownScope>): void {
    if (source === null) this.#all = true;
    else if (account === null) this.#sources.add(source);
    else if (period === null) this.#accounts.add(key(source, account));
    else {
      const last = dayOf(Math.max(period.start, period.end - 1));
      for (let day = dayOf(period.start); day <= last; day++) this.#days.add(key(source, account, day));
    }
  }

  has(source: string, account: string, day: Day): boolean {
    return (
      this.#all ||
      this.#sources.has(source) ||
      this.#accounts.has(key(source, account)) ||
      this.#days.has(key(source, account, day))
    );
  }
}

function key(...parts: readonly (string | number)[]): string {
  return parts.join('\0');
}
