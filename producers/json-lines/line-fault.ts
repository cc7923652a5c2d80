/** Why one line of a file or one element of a request was not taken: a value, never an exception. */
export class LineFault {
  /** Machine-readable: `invalid`, `empty_id`, `too_long` … as in allocation.md section 8, and `too_large`. */
  readonly reason: string;
  /** What is wrong with what, in a sentence. */
  readonly detail: string;

  constructor(reason: string, detail: string) {
    this.reason = reason;
    this.detail = detail;
  }
}
