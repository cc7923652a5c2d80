import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findJava } from '../../local/java.ts';
import { runToEnd } from '../../local/run.ts';
import { createKafka } from '../../runtime/kafka/create-kafka.ts';
import { createLogger } from '../../runtime/logger.ts';
import type { CallsTopic } from '../meter/calls-topic.ts';
import type { Mark, Run } from '../meter/run.ts';

/** Where the job keeps what it knows, as Kafka Streams brings it: call ids, and totals where they are kept elsewhere. */
export const STOCK_STORES = ['memory', 'rocksdb', 'rocksdb+memory'] as const;
/** `hash` is written by hand. */
export type Store = (typeof STOCK_STORES)[number] | 'hash';

const OUTPUT = 'bench-streams.totals';

/**
 * Of the run script of the job, but with the heap that its README gives to more than two million calls: with less, the
 * stores in memory would measure the collector.
 */
const JAVA_ARGS = ['-Xms3g', '-Xmx3g', '-XX:+UseParallelGC'];

/** The Kafka Streams reference job: metering with exactly_once_v2, a JVM for each run. */
export class ReferenceJob {
  readonly #java: string;
  /** Holds what is built, state, and the checksum to be reached. */
  readonly #work: string;

  readonly #signal: AbortSignal;
  #runs = 0;

  private constructor(java: string, work: string, signal: AbortSignal) {
    this.#java = java;
    this.#work = work;
    this.#signal = signal;
  }

  /**
   * Builds the job.
   *
   * @param source the folder with its pom.xml; nothing is written there
   * @param signal ends what is running
   * @returns why there is none where it cannot be built
   */
  static async build(source: string, signal: AbortSignal): Promise<ReferenceJob | string> {
    if (!existsSync(join(source, 'pom.xml'))) return `there is no pom.xml in ${source}`;
    const { java } = await findJava();
    const work = mkdtempSync(join(tmpdir(), 'apportion-bench-streams-'));
    const args = ['-q', '-B', '-f', join(source, 'pom.xml'), `-Dbuild.dir=${join(work, 'build')}`, 'package'];
    const { code, output } = await runToEnd('mvn', args);
    if (code === 0) return new ReferenceJob(java, work, signal);
    rmSync(work, { recursive: true });
    return `Maven could not build ${source}: ${output.trim().split('\n')[0]}`;
  }

  /** Meters the calls with one thread, and checks that the totals are what they should be. */
  async run(topic: CallsTopic, store: Store, commitIntervalMs: number): Promise<Run> {
    const marks: Mark[] = [];
    // A group of its own: the job may fail where it empties one whose members are just leaving.
    this.#runs += 1;
    const app = `bench-streams-${this.#runs}`;
    const state = join(this.#work, 'state');
    const args = [
      ...[`--app=${app}`, `--input=${topic.name}`, `--store=${store}`, `--commit-ms=${commitIntervalMs}`],
      ...['--threads=1', '--fresh', `--state-dir=${state}`],
    ];
    const output = await this.#main('StreamsProcessor', topic, args, (line) => {
      const done = /^PROGRESS committed=(\d+)/.exec(line)?.[1];
      if (done !== undefined) marks.push({ atMs: performance.now(), done: Number(done) });
    });
    const written = await this.#verify(topic);
    rmSync(state, { recursive: true, force: true });
    await deleteTopics(topic.brokers, `${app}-`);
    const result = /^RESULT .*/m.exec(output)?.[0] ?? '';
    const number = (name: string): number => Number(new RegExp(` ${name}=([\\d.]+)`).exec(result)?.[1]);
    if (number('records') !== topic.count) throw new Error(`The reference job has not metered all calls: ${result}`);
    return {
      calls: topic.count,
      seconds: number('seconds'),
      cpuSeconds: number('cpu_s'),
      peakMib: number('rss_peak_mb'),
      written,
      marks,
    };
  }

  remove(): void {
    rmSync(this.#work, { recursive: true, force: true });
  }

  /** Gives how many totals were written. */
  async #verify(topic: CallsTopic): Promise<number> {
    const expect = join(this.#work, 'expect.txt');
    writeFileSync(expect, topic.expected.checksum());
    const output = await this.#main('Verify', topic, [`--expect=${expect}`]);
    return Number(/^READ records=(\d+)/m.exec(output)?.[1]);
  }

  async #main(
    main: string,
    topic: CallsTopic,
    args: readonly string[],
    onLine?: (line: string) => void,
  ): Promise<string> {
    const classPath = `${join(this.#work, 'build', 'classes')}:${join(this.#work, 'build', 'libs', '*')}`;
    const common = ['-cp', classPath, `bench.${main}`, `--bootstrap=${topic.brokers}`, `--output=${OUTPUT}`];
    const run = runToEnd(this.#java, [...JAVA_ARGS, ...common, ...args], onLine, { signal: this.#signal });
    const { code, output } = await run;
    if (code !== 0) throw new Error(`${main} of the reference job has failed:\n${output.slice(-4000)}`);
    return output;
  }
}

/** What the job has logged of its state takes more room than its input. */
async function deleteTopics(brokers: string, prefix: string): Promise<void> {
  const logger = createLogger('error');
  const admin = (await createKafka({ brokers: brokers.split(','), client: 'kafkajs', logger })).admin();
  try {
    await admin.deleteTopics([...(await admin.topics()).keys()].filter((topic) => topic.startsWith(prefix)));
  } finally {
    await admin.close();
  }
}
