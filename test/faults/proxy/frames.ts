/** Puts bytes together that come in any portions, and gives whole frames. */
export class Frames {
  /** The length of the frame that the bytes begin with; null while there are too few to say. */
  readonly #lengthOf: (head: Buffer) => number | null;
  #portions: Buffer[] = [];
  #bytes = 0;
  #wanted = 0;

  constructor(lengthOf: (head: Buffer) => number | null) {
    this.#lengthOf = lengthOf;
  }

  take(portion: Buffer): readonly Buffer[] {
    this.#portions.push(portion);
    this.#bytes += portion.length;
    // A large frame comes in many portions: they are joined once.
    if (this.#bytes < this.#wanted) return [];
    let rest = Buffer.concat(this.#portions);
    const frames: Buffer[] = [];
    let length = this.#lengthOf(rest);
    while (length !== null && length <= rest.length) {
      frames.push(rest.subarray(0, length));
      rest = rest.subarray(length);
      length = this.#lengthOf(rest);
    }
    this.#portions = rest.length === 0 ? [] : [rest];
    this.#bytes = rest.length;
    this.#wanted = length ?? 0;
    return frames;
  }
}
