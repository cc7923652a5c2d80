const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/**
 * The partition that Kafka's Java client gives a key: murmur2 of its bytes, made positive, modulo the partitions.
 *
 * @see org.apache.kafka.common.utils.Utils#murmur2 and #toPositive
 */
export function partitionOfText(text: string, partitions: number): number {
  return (murmur2(Buffer.from(text)) & 0x7fffffff) % partitions;
}

/** 32-bit hash as a signed integer, as Java has it. */
export function murmur2(data: Uint8Array): number {
  const length = data.length;
  const tail = length & ~3;
  let h = SEED ^ length;
  for (let at = 0; at < tail; at += 4) {
    let k =
      byteAt(data, at) | (byteAt(data, at + 1) << 8) | (byteAt(data, at + 2) << 16) | (byteAt(data, at + 3) << 24);
    k = Math.imul(k, M);
    k ^= k >>> 24;
    h = Math.imul(h, M) ^ Math.imul(k, M);
  }
  const left = length - tail;
  if (left === 3) h ^= byteAt(data, tail + 2) << 16;
  if (left >= 2) h ^= byteAt(data, tail + 1) << 8;
  if (left >= 1) h = Math.imul(h ^ byteAt(data, tail), M);
  h ^= h >>> 13;
  h = Math.imul(h, M);
  return h ^ (h >>> 15);
}

function byteAt(data: Uint8Array, at: number): number {
  return data[at] ?? 0;
}
