/** How fast calls are metered: beside only reading them, and beside Kafka Streams. */
import type { Bench, Benchmark } from './benchmark.ts';
import type { Figure } from './figure.ts';
import { callsTopic } from './meter/calls-topic.ts';
import { perSecond } from './meter/run.ts';
import { runTable } from './meter/run-table.ts';
import { type Side, takeTurns } from './meter/side.ts';
import { meterSide, readingSide, streamsSide } from './meter/sides.ts';
import { ReferenceJob, STOCK_STORES } from './streams/reference-job.ts';

export const meter: Benchmark = {
  name: 'meter',
  about:
    'the real meter (its host, a transaction per task and commit interval, one process) beside a bare consumer that only decodes the same calls, and beside the Kafka Streams reference job (exactly_once_v2, one thread)',
  async run(bench) {
    const topic = await callsTopic(bench);
    const published = readingSide(topic, 'published');
    const patched = readingSide(topic, 'patched');
    const job = await ReferenceJob.build(bench.streamsFolder, bench.signal);
    const contests = [
      { label: '100ms', commitIntervalMs: 100 },
      { label: '1s', commitIntervalMs: 1000 },
    ].map(({ label, commitIntervalMs }): Contest => {
      const meter = meterSide(topic, commitIntervalMs);
      const second = meterSide(topic, commitIntervalMs, 'platformatic');
      if (typeof job === 'string') return { label, meter, second, streams: null };
      const hash = streamsSide(topic, job, 'hash', commitIntervalMs);
      const stock = STOCK_STORES.map((store) => streamsSide(topic, job, store, commitIntervalMs));
      return { label, meter, second, streams: { hash, stock } };
    });
    try {
      await measureAll(bench, [published, patched], contests);
    } finally {
      if (typeof job !== 'string') job.remove();
    }
    const sides = [published, patched, ...contests.flatMap(({ streams, ...contest }) => sidesOf(contest, streams))];
    return {
      figures: contests.flatMap((contest) => figuresOf(contest, published)).filter(({ value }) => value > 0),
      details: [
        `${topic.description}, ${topic.expected.size.toLocaleString('en')} totals.\n${HOW}`,
        runTable(sides.filter(({ runs }) => runs.size > 0)),
        `Every output has the same checksum: ${topic.expected.checksum()}`,
        typeof job === 'string' ? `Kafka Streams is left out: ${job}. See --streams.` : STREAMS,
      ].join('\n\n'),
    };
  },
};

const HOW = `Each run begins cold, in a new process or a new JVM, on the same broker and topic, one after
another. Time runs from the first batch until all is committed (bare consumer: decoded). The second half of the calls shows
what a warm process does. Processor time is the side's own, without the broker's.`;

const STREAMS = `Kafka Streams keeps what it knows in stores: hash is written by hand, the others are stock. In the first round all are
measured, later the stock store that was the fastest then. Its heap is 3 GiB, so its peak is mostly what it was given.`;

/** The meter and Kafka Streams at one commit interval. */
interface Contest {
  readonly label: string;
  readonly meter: Side;
  /** The same by the second Kafka client. */
  readonly second: Side;
  readonly streams: { readonly hash: Side; readonly stock: readonly Side[] } | null;
}

async function measureAll(bench: Bench, readers: readonly Side[], contests: readonly Contest[]): Promise<void> {
  try {
    for (let round = 0; round < bench.rounds; round++) {
      const contestants = contests.flatMap(({ streams, ...contest }) =>
        sidesOf(contest, streams === null || round === 0 ? streams : { ...streams, stock: [fastestOf(streams.stock)] }),
      );
      await takeTurns([...readers, ...contestants], round, bench.say);
    }
  } catch (error) {
    // Whoever does not want to wait for the rest is shown what there is.
    if (!bench.signal.aborted) throw error;
  }
}

function sidesOf({ meter, second }: Pick<Contest, 'meter' | 'second'>, streams: Contest['streams']): Side[] {
  return [meter, second, ...(streams === null ? [] : [streams.hash, ...streams.stock])];
}

/** In the first round, in which all were measured. */
function fastestOf(sides: readonly Side[]): Side {
  return sides.reduce((fastest, side) => (side.perSecond(0) > fastest.perSecond(0) ? side : fastest));
}

function figuresOf({ label, meter, second, streams }: Contest, reading: Side): Figure[] {
  const key = (name: string): string => `meter.${label}.${name}`;
  const figures: Figure[] = [
    { key: key('callsPerSecond'), what: meter.name, value: meter.median(perSecond), unit: 'calls/s' },
    {
      key: key('vsBare'),
      what: `${meter.name}, against a ${reading.name}`,
      value: meter.ratioTo(reading),
      unit: 'x',
      reach: { atLeast: 0.7 },
    },
    {
      key: key('bySecondClient'),
      what: `${second.name}, against by kafkajs`,
      value: second.ratioTo(meter),
      unit: 'x',
    },
  ];
  if (streams === null) return figures;
  const stock = fastestOf(streams.stock);
  return [
    ...figures,
    {
      key: key('vsStreamsStock'),
      what: `${meter.name}, against ${stock.name}: its fastest stock store`,
      value: meter.ratioTo(stock),
      unit: 'x',
      reach: { atLeast: 2 },
    },
    {
      key: key('vsStreamsHash'),
      what: `${meter.name}, against ${streams.hash.name}: written by hand`,
      value: meter.ratioTo(streams.hash),
      unit: 'x',
      reach: { atLeast: 1 },
    },
  ];
}
