/**
 * An error that an operator reads: what happened, to what, and what to do. The code is stable and may be matched on.
 * Areas declare their own with a table of codes beside the code that throws them.
 */
export class ApportionError extends Error {
  readonly code: string;
  /** What to do about it, in a sentence. */
  readonly advice: string;

  constructor(code: string, message: string, advice: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ApportionError';
    this.code = code;
    this.advice = advice;
  }
}
