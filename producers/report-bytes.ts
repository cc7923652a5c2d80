import type { CostLine, CostReport } from '../schemas/cost-report.ts';

/** Magic byte and schema id of the Confluent wire format. */
const HEADER_BYTES = 5;

/** How many bytes the report takes as a record on its topic: Avro in the Confluent wire format. */
export function reportBytes(report: CostReport): number {
  let bytes = HEADER_BYTES + textBytes(report.source) + textBytes(report.account) + textBytes(report.currency);
  bytes += integerBytes(report.day) + integerBytes(report.observedAt) + STATUS_BYTES;
  bytes += blockBytes(report.lines.length);
  for (const line of report.lines) bytes += lineBytes(line);
  return bytes;
}

/** What one line adds, but for the count of lines. */
function lineBytes(line: CostLine): number {
  const tags = Object.entries(line.tags);
  let bytes = amountBytes(line.billed) + amountBytes(line.effective) + blockBytes(tags.length);
  bytes += textBytes(line.service) + textBytes(line.cluster) + textBytes(line.namespace) + textBytes(line.region);
  bytes += textBytes(line.resource) + textBytes(line.subAccount) + textBytes(line.category);
  for (const [name, value] of tags) bytes += textBytes(name) + textBytes(value);
  return bytes;
}

/** An enum is the varint of a small index. */
const STATUS_BYTES = 1;

/** An array or map is one block, its count before it and a zero behind it; an empty one is the zero alone. */
function blockBytes(count: number): number {
  return count === 0 ? 1 : integerBytes(count) + 1;
}

function textBytes(text: string): number {
  const length = Buffer.byteLength(text);
  return integerBytes(length) + length;
}

/** Zigzag varint: seven bits a byte. */
function integerBytes(value: number): number {
  let zigzag = value < 0 ? -2 * value - 1 : 2 * value;
  let bytes = 1;
  for (; zigzag >= 128; zigzag = Math.floor(zigzag / 128)) bytes++;
  return bytes;
}

/** The shortest two's complement of the unscaled value, and its length. */
function amountBytes(amount: bigint): number {
  const magnitude = amount < 0n ? -amount - 1n : amount;
  const length = magnitude === 0n ? 1 : Math.floor(magnitude.toString(2).length / 8) + 1;
  return length + 1;
}
