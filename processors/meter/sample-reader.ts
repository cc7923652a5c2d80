import { lastDayOf } from '../../attribution/meter-call.ts';
import { splitSample } from '../../attribution/meter-sample.ts';
import { refuseSample } from '../../attribution/refuse-sample.ts';
import type { Refused } from '../../runtime/dead-letter.ts';
import { type Codec, type InputRecord, Undecodable } from '../../runtime/task.ts';
import { dayOf } from '../../schemas/day.ts';
import type { Day, Instant } from '../../schemas/scalars.ts';
import { usage } from '../../schemas/topics.ts';
import type { UsageSample } from '../../schemas/usage-sample.ts';
import { absorb, clear, type Hash, newHash } from './hash.ts';
import type { LinePart, LineReader, LineTexts } from './line.ts';

/** Reads usage samples for the meter. They come by thousands where calls come by millions: the codec decodes them all. */
export class SampleReader implements LineReader {
  readonly identity = newHash();
  readonly key = newHash();
  readonly content = newHash();
  readonly count = 0;
  firstDay: Day = dayOf(0);
  lastDay: Day = dayOf(0);
  eventTime: Instant = 0;
  quantity = 0;

  readonly #codec: Codec;
  #sample: UsageSample | null = null;

  constructor(codec: Codec) {
    this.#codec = codec;
  }

  read({ value, timestampMs }: InputRecord): Refused | null {
    const sample = this.#codec.decode(usage, value);
    if (sample instanceof Undecodable) return sample;
    const refusal = refuseSample(sample, timestampMs);
    if (refusal !== null) return refusal;

    this.#sample = sample;
    this.eventTime = Math.min(sample.windowEnd, timestampMs);
    this.quantity = sample.quantity;
    this.firstDay = dayOf(sample.windowStart);
    this.lastDay = lastDayOf(sample.windowStart, sample.windowEnd);
    hashTexts(this.identity, [sample.source, sample.sampleId]);
    const { meter, tenant, product, cluster, namespace, owner } = sample;
    hashTexts(this.key, [meter, tenant, product, cluster, namespace]);
    const { windowStart, windowEnd, quantity } = sample;
    hashTexts(this.content, [
      meter,
      tenant,
      product,
      cluster,
      namespace,
      owner,
      `${windowStart} ${windowEnd} ${quantity}`,
    ]);
    return null;
  }

  check(): null {
    return null;
  }

  parts(): readonly LinePart[] {
    const { windowStart, windowEnd, quantity } = this.#read();
    return splitSample(windowStart, windowEnd, quantity).map((part) => ({ ...part, count: 0 }));
  }

  texts(): LineTexts {
    const { source, sampleId, meter, tenant, product, cluster, namespace } = this.#read();
    return { source, id: sampleId, meter, tenant, product, cluster, namespace, isCall: false };
  }

  #read(): UsageSample {
    if (this.#sample === null) throw new Error('No sample was read.');
    return this.#sample;
  }
}

/** Texts of a sample have at most 256 bytes each. */
const scratch = Buffer.alloc(1024);

function hashTexts(hash: Hash, texts: readonly string[]): void {
  clear(hash);
  for (const text of texts) absorb(hash, scratch, 0, scratch.write(text));
}
