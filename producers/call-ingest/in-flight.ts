import { Problem } from '../../runtime/http/problem.ts';

/** Bytes of requests that are under way, bounded: what is in memory does not grow with what is sent. */
export class InFlight {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Takes room for a request.
   * @throws Problem 429 when there is not so much left
   */
  reserve(bytes: number): Reservation {
    if (this.#bytes + bytes > this.#maxBytes) {
      const detail = `More than ${this.#maxBytes} bytes would be under way. Nothing of this request was taken: send it again.`;
      throw new Problem(429, 'too_much_in_flight', detail, {
        members: { maxInFlightBytes: this.#maxBytes },
        headers: { 'retry-after': '1' },
      });
    }
    this.#bytes += bytes;
    return new Reservation(bytes, (freed) => {
      this.#bytes -= freed;
    });
  }
}

/** The room of one request, given back when nobody holds it any longer: its connection, its handler, the queue. */
export class Reservation {
  readonly #free: (bytes: number) => void;
  #bytes: number;
  #holders = 1;

  constructor(bytes: number, free: (bytes: number) => void) {
    this.#bytes = bytes;
    this.#free = free;
  }

  /** Gives back what turned out not to be needed. */
  shrinkTo(bytes: number): void {
    if (bytes >= this.#bytes) return;
    this.#free(this.#bytes - bytes);
    this.#bytes = bytes;
  }

  hold(): void {
    this.#holders++;
  }

  /** Once for `reserve`, and once for each `hold`. */
  release(): void {
    this.#holders--;
    if (this.#holders === 0) this.shrinkTo(0);
  }
}
