import { ApportionError } from './errors.ts';

/**
 * A task can commit no more, and that is nobody's fault: whoever runs it throws it away, and opens it anew if it is
 * still to run here. `fenced`: another owner has it, and nothing was written. `unknown`: the connection was lost around
 * the commit; opening it again tells what was committed. Every other error of `Commits` is fatal.
 */
export class TaskLost extends ApportionError {
  readonly outcome: 'fenced' | 'unknown';

  constructor(outcome: 'fenced' | 'unknown', message: string, advice: string, options?: { cause?: unknown }) {
    super(`task_${outcome}`, message, advice, options);
    this.name = 'TaskLost';
    this.outcome = outcome;
  }
}
