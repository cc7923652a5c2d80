import type { Instant } from '../../schemas/scalars.ts';
import type { PollRun } from '../poller.ts';
import { type Remainders, samplesOf } from './samples.ts';
import { addPoll, type MeteredPod, type OpenWindow, openWindow, type WindowLimits } from './window.ts';

/**
 * Sums up what polls of a cluster find, and gives out whole windows. The journal keeps with them until when they were
 * given out; the open window is in memory alone. A process that is started anew, or whose write has failed, goes on from
 * there: its first poll holds for all the time since, if that is no longer than a gap may be. So a window is given out
 * once, and a crash makes it coarser, not shorter.
 */
export class ClusterMeter {
  readonly #cluster: string;
  readonly #limits: WindowLimits;
  #open: OpenWindow | null = null;
  #remainders: Remainders = new Map();

  constructor(cluster: string, limits: WindowLimits) {
    this.#cluster = cluster;
    this.#limits = limits;
  }

  add(run: PollRun, pods: readonly MeteredPod[]): void {
    const open = this.#goOn(run);
    if (open.at > run.startedAt) {
      const until = new Date(open.at).toISOString();
      run.warn(`${this.#cluster}: the clock was set back; nothing is metered again before ${until}.`);
      return;
    }
    const next = addPoll(open, pods, run.startedAt, this.#limits);
    let remainders = this.#remainders;
    for (const window of next.closed) {
      const made = samplesOf({ source: run.source, cluster: this.#cluster, window, remainders });
      remainders = made.remainders;
      run.usage(made.samples);
    }
    this.#open = next.open;
    this.#remainders = remainders;
    this.#save(run, next.open.from);
  }

  /** The open window, unless what it goes on from is not what was written. */
  #goOn(run: PollRun): OpenWindow {
    const saved = run.state(this.#stateName);
    const from = saved === null ? run.startedAt : Date.parse(saved);
    if (this.#open?.from === from) return this.#open;
    this.#remainders = new Map();
    return openWindow(from);
  }

  #save(run: PollRun, from: Instant): void {
    const text = new Date(from).toISOString();
    if (run.state(this.#stateName) !== text) run.setState(this.#stateName, text);
  }

  get #stateName(): string {
    return `metered-until/${this.#cluster}`;
  }
}
