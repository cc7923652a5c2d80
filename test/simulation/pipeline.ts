/** Meter and attribute on the cluster in memory, two members of each, and a world that sends to them. */

import type { AttributeConfig } from '../../processors/attribute/attribute-task.ts';
import { attribute } from '../../processors/attribute.ts';
import type { MeterConfig } from '../../processors/meter/meter-task.ts';
import { meter } from '../../processors/meter.ts';
import { MemoryCluster } from '../../runtime/memory/cluster.ts';
import type { MemoryRunner } from '../../runtime/memory/runner.ts';
import type { Processor } from '../../runtime/task.ts';
import { calls, catalogs, costReports, topics, usage } from '../../schemas/topics.ts';
import { type History, type Input, OPEN_DAYS, SENT_MS, sequence } from './history.ts';

export interface Processors {
  readonly meter: Processor<MeterConfig>;
  readonly attribute: Processor<AttributeConfig>;
}

export const REAL: Processors = { meter, attribute };

export class Pipeline {
  readonly cluster: MemoryCluster;
  /** Two of the meter, two of attribute. The first of each owns all tasks in the beginning. */
  readonly members: readonly (MemoryRunner<MeterConfig> | MemoryRunner<AttributeConfig>)[];
  readonly #inputs: readonly Input[];
  #sent = 0;

  constructor(history: History, processors: Processors = REAL) {
    this.cluster = new MemoryCluster({ partitions: history.partitions });
    this.cluster.nowMs = SENT_MS;
    this.#inputs = sequence(history);
    const meterConfig = { openDays: OPEN_DAYS, maxCallHours: 24 };
    const attributeConfig = {
      horizonDays: 400,
      openDayIntervalMs: 1000,
      openDayLinesPerSecond: 5000,
      clockMs: () => 0,
    };
    this.members = [
      this.cluster.runner(processors.meter, meterConfig),
      this.cluster.runner(processors.meter, meterConfig),
      this.cluster.runner(processors.attribute, attributeConfig),
      this.cluster.runner(processors.attribute, attributeConfig),
    ];
    this.settleOwners();
  }

  get unsent(): number {
    return this.#inputs.length - this.#sent;
  }

  send(count: number): void {
    for (const input of this.#inputs.slice(this.#sent, this.#sent + count)) this.#append(input);
    this.#sent = Math.min(this.#sent + count, this.#inputs.length);
  }

  /** One member of each processor owns everything. */
  settleOwners(): void {
    for (const [index, member] of this.members.entries()) member.rebalance(() => index % 2 === 0);
  }

  /** Sends what is left and lets everything come to rest. */
  finish(): void {
    this.send(this.unsent);
    this.settleOwners();
    this.cluster.drain();
  }

  #append(input: Input): void {
    switch (input.is) {
      case 'catalog':
        this.cluster.append(
          catalogs,
          [{ document: input.document, digest: '', appliedAt: 0, promotions: [] }],
          SENT_MS,
        );
        return;
      case 'call':
        this.cluster.append(calls, [input.call], SENT_MS);
        return;
      case 'sample':
        this.cluster.append(usage, [input.sample], SENT_MS);
        return;
      case 'report':
        this.cluster.append(costReports, [input.report], SENT_MS);
        return;
      case 'garbage': {
        const topic = topics.find(({ name }) => name === input.topic);
        if (topic === undefined) throw new Error(`${input.topic} is no topic`);
        this.cluster.appendBytes(topic, input.partition, { value: Buffer.from('garbage'), timestampMs: SENT_MS });
      }
    }
  }
}
