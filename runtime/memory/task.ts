import { transactionalId } from '../kafka/task-id.ts';
import type { Committed, Flush, Processor, StartPosition, Task, TaskId } from '../task.ts';
import type { MemoryCluster } from './cluster.ts';
import type { Entry, MemoryTransaction } from './log.ts';

/**
 * What a task can do next:
 * `open` takes the task over and restores it; `fold` takes one entry of an input or a broadcast; `flush` takes the
 * output out of the state; `write` appends a part of it; `commit` makes output and positions durable as a whole.
 */
export type Step = 'open' | 'fold' | 'flush' | 'write' | 'commit';

/**
 * One task of a member. It is closed, or it is open: first it reads the broadcasts to the ends they had, then its
 * inputs up to what was committed, and then it is live and may flush. While a flush is being written and committed it
 * goes on folding. Losing the task to another owner closes it; the next `open` begins anew.
 */
export class MemoryTask<Config> {
  readonly id: TaskId;
  readonly #cluster: MemoryCluster;
  readonly #processor: Processor<Config>;
  readonly #config: Config;
  readonly #transactionalId: string;
  #owned = true;
  #open: OpenTask | null = null;

  constructor(cluster: MemoryCluster, processor: Processor<Config>, config: Config, id: TaskId) {
    this.#cluster = cluster;
    this.#processor = processor;
    this.#config = config;
    this.id = id;
    this.#transactionalId = transactionalId('', id);
  }

  assign(owned: boolean): void {
    this.#owned = owned;
    if (!owned) this.crash();
  }

  crash(): void {
    this.#open = null;
  }

  /** The steps that are possible now. A flush is listed when it may be asked for, though it may turn out empty. */
  steps(): readonly Step[] {
    if (!this.#owned) return [];
    const open = this.#open;
    if (open === null) return ['open'];
    const steps: Step[] = [];
    if (this.#nextInput(open) !== null) steps.push('fold');
    if (open.inFlight === null) {
      if (isLive(open)) steps.push('flush');
    } else {
      steps.push(open.inFlight.written < open.inFlight.flush.records.length ? 'write' : 'commit');
    }
    return steps;
  }

  /** Does the step. False when there was nothing to do. */
  do(step: Step): boolean {
    if (step === 'open') this.#open = this.#restore();
    else if (this.#open === null) throw new Error(`${step} on a closed task`);
    else if (step === 'fold') return this.#fold(this.#open);
    else if (step === 'flush') return this.#flush(this.#open);
    else if (step === 'write') this.#write(this.#open);
    else this.#commit(this.#open);
    return true;
  }

  #restore(): OpenTask {
    const { log, codec } = this.#cluster;
    const { partition, topics: names } = this.id;
    const epoch = log.own(this.#transactionalId);
    const topics = this.#processor.reads.filter((topic) => names.includes(topic.name));
    const task = this.#processor.createTask(this.#config, { partition, topics, codec });
    const committed = new Map<string, Committed>();
    for (const name of names) {
      const position = log.committed(this.#processor.name, name, partition);
      if (position !== undefined) committed.set(name, position);
    }
    const ends = new Map(names.map((name) => [name, log.entries(name, partition).length]));
    for (const { name } of this.#processor.broadcasts) ends.set(name, log.entries(name, 0).length);
    const starts = task.restore(committed, ends);
    const broadcasts = this.#processor.broadcasts.map(({ name }) => {
      return { topic: name, partition: 0, position: 0, silentUntil: log.entries(name, 0).length };
    });
    const inputs = names.map((topic) => {
      const silentUntil = committed.get(topic)?.offset ?? 0;
      const start = startOffset(starts.get(topic), log.entries(topic, partition));
      return { topic, partition, position: Math.min(start, silentUntil), silentUntil };
    });
    return { task, epoch, broadcasts, inputs, inFlight: null };
  }

  /** Broadcasts first, to the ends they had; then whichever input is behind what it has committed; then all in turn. */
  #nextInput(open: OpenTask): Input | null {
    const behind = [...open.broadcasts, ...open.inputs].find((input) => input.position < input.silentUntil);
    if (behind !== undefined) return this.#entryAt(behind) === null ? null : behind;
    return [...open.broadcasts, ...open.inputs].find((input) => this.#entryAt(input) !== null) ?? null;
  }

  #entryAt(input: Input): Entry | null {
    const entry = this.#cluster.log.entries(input.topic, input.partition)[input.position];
    if (entry === undefined) return null;
    return 'record' in entry && entry.transaction?.state === 'open' ? null : entry;
  }

  #fold(open: OpenTask): boolean {
    const input = this.#nextInput(open);
    const entry = input && this.#entryAt(input);
    if (!input || !entry) return false;
    if ('record' in entry && (entry.transaction?.state !== 'aborted' || this.#cluster.leaks)) {
      open.task.fold(entry.record);
    }
    input.position++;
    open.task.advance(input.topic, input.position);
    return true;
  }

  #flush(open: OpenTask): boolean {
    const flush = open.task.flush(this.#cluster.nowMs);
    if (flush === null) return false;
    open.inFlight = { flush, written: 0 };
    return true;
  }

  /** A quarter of the records at a time, so that a crash can fall between any two parts of a transaction. */
  #write(open: OpenTask): void {
    const transaction = this.#transaction(open);
    const flight = open.inFlight;
    if (transaction === null || flight === null) return;
    const { records } = flight.flush;
    const end = Math.min(records.length, flight.written + Math.ceil(records.length / 4));
    for (const record of records.slice(flight.written, end)) {
      this.#cluster.log.append(record, this.#cluster.nowMs, transaction);
    }
    flight.written = end;
  }

  #commit(open: OpenTask): void {
    const { committed } = open.inFlight?.flush ?? { committed: new Map() };
    const { name } = this.#processor;
    const done = this.#cluster.log.commit(this.#transactionalId, open.epoch, name, this.id.partition, committed);
    if (done) open.inFlight = null;
    else this.crash();
  }

  /** Null when another owner has taken the task over, which closes it here. */
  #transaction(open: OpenTask): MemoryTransaction | null {
    const transaction = this.#cluster.log.begin(this.#transactionalId, open.epoch);
    if (transaction === null) this.crash();
    return transaction;
  }
}

interface OpenTask {
  readonly task: Task;
  readonly epoch: number;
  readonly broadcasts: readonly Input[];
  readonly inputs: readonly Input[];
  inFlight: { readonly flush: Flush; written: number } | null;
}

interface Input {
  readonly topic: string;
  readonly partition: number;
  /** The next offset to be folded. */
  position: number;
  /** Up to here the task only rebuilds its state. */
  readonly silentUntil: number;
}

function isLive(open: OpenTask): boolean {
  return [...open.broadcasts, ...open.inputs].every((input) => input.position >= input.silentUntil);
}

function startOffset(start: StartPosition | undefined, entries: readonly Entry[]): number {
  switch (start?.at) {
    case 'offset':
      return start.offset;
    case 'timestamp': {
      const found = entries.findIndex((entry) => 'record' in entry && entry.record.timestampMs >= start.ms);
      return found < 0 ? entries.length : found;
    }
    case 'beginning':
    case undefined:
      return 0;
  }
}
