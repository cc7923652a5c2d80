/** A wait that ends after a time, or sooner when the alarm rings. Ringing before the wait ends it at once. */
export class Alarm {
  #rung = false;
  #end: (() => void) | null = null;

  ring(): void {
    this.#rung = true;
    this.#end?.();
  }

  async wait(ms: number): Promise<void> {
    if (!this.#rung) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, ms);
      this.#end = resolve;
      await promise;
      this.#end = null;
      clearTimeout(timer);
    }
    this.#rung = false;
  }
}
