/** Which roles of the process have not yet reached their servers. One that has stays ready: it waits out outages. */
export class Readiness {
  readonly #waiting: Set<string>;

  constructor(roles: readonly string[]) {
    this.#waiting = new Set(roles);
  }

  reached(role: string): void {
    this.#waiting.delete(role);
  }

  get waiting(): readonly string[] {
    return [...this.#waiting];
  }
}
