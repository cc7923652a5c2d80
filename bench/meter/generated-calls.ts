import { DAY_MS } from '../../schemas/day.ts';
import { generator } from '../generator.ts';

/**
 * Calls in the shape of the reference job's (bench/kafka-streams, `Gen`): 200 tenants, 20 namespaces, 3 products, so
 * 12,000 keys a day; random UUIDs; ends that climb evenly over three days with up to 30 s of disorder; exponential
 * durations of 4 minutes on average, one in 1,000 up to 30 hours; 1 % repeated lines. Deterministic by seed.
 */
export interface GeneratedCall {
  readonly callId: string;
  readonly tenant: string;
  readonly product: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly source: string;
}

/** Longer than any generated call. */
export const MAX_CALL_HOURS = 48;

const TENANTS = 200;
const NAMESPACES = 20;
const CLUSTERS = 4;
const PRODUCTS = ['voice', 'video', 'transcription'];
const FIRST_DAY = 20_094;
const DAYS = 3;
const REPEATS_PER_1000 = 10;
/** Repeats are of one of the last so many calls. */
const REPEAT_WITHIN = 5_000;

/** In the order in which they are sent. `isRepeat` says that the same call came before. */
export function* generatedCalls(count: number, seed = 42): Generator<{ call: GeneratedCall; isRepeat: boolean }> {
  const random = generator(seed);
  const recent: GeneratedCall[] = [];
  for (let i = 0; i < count; i++) {
    const repeated = random(1000) < REPEATS_PER_1000 ? recent[random(recent.length || 1)] : undefined;
    const call = repeated ?? newCall(i / count, random);
    if (repeated === undefined) recent[i % REPEAT_WITHIN] = call;
    yield { call, isRepeat: repeated !== undefined };
  }
}

function newCall(progress: number, random: (below: number) => number): GeneratedCall {
  const endedAt = FIRST_DAY * DAY_MS + Math.floor(progress * DAYS * DAY_MS) + random(60_000) - 30_000;
  const unit = (random(2 ** 31) + 0.5) / 2 ** 31;
  const durationMs = random(1000) === 0 ? 1 + random(30 * 3_600_000) : 1000 + Math.floor(-Math.log(unit) * 240_000);
  const namespace = random(NAMESPACES);
  return {
    callId: uuid(random),
    tenant: `tenant-${String(random(TENANTS)).padStart(3, '0')}`,
    product: PRODUCTS[random(PRODUCTS.length)] ?? '',
    cluster: `cluster-${namespace % CLUSTERS}`,
    namespace: `team-${String(namespace).padStart(2, '0')}`,
    startedAt: endedAt - durationMs,
    endedAt,
    source: 'bench',
  };
}

function uuid(random: (below: number) => number): string {
  const word = (): string =>
    random(2 ** 32)
      .toString(16)
      .padStart(8, '0');
  const [a, b, c, d] = [word(), word(), word(), word()];
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-8${c.slice(1, 4)}-${c.slice(4)}${d}`;
}
