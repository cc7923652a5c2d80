import { isUtf8 } from 'node:buffer';
import { LineFault } from './line-fault.ts';

/** A line of a file, numbered from 1, or why its text cannot be had. */
export interface NumberedLine {
  readonly number: number;
  readonly text: string | LineFault;
}

/** A line of JSON is several times as long as its record, of which 4 MiB is the most. */
const MAX_LINE_BYTES = 32 * 1024 * 1024;

/**
 * Cuts bytes into lines, all those of a chunk at once. Blank lines are left out but counted, a byte order mark before
 * the first is dropped. A line over `maxLineBytes` is a fault and is never held whole.
 */
export async function* readLines(
  bytes: AsyncIterable<Buffer>,
  maxLineBytes = MAX_LINE_BYTES,
): AsyncGenerator<readonly NumberedLine[]> {
  const cutter = new LineCutter(maxLineBytes);
  for await (const chunk of bytes) {
    const lines = cutter.take(chunk);
    if (lines.length > 0) yield lines;
  }
  const last = cutter.end();
  if (last.length > 0) yield last;
}

const LINE_FEED = 10;
const BYTE_ORDER_MARK = '\ufeff';

/** Keeps the start of the line whose end has not come yet. */
class LineCutter {
  #number = 1;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  readonly #maxLineBytes: number;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  take(chunk: Buffer): NumberedLine[] {
    const lines: NumberedLine[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      this.#hold(chunk.subarray(start, end));
      this.#finishLine(lines);
      start = end + 1;
    }
    this.#hold(chunk.subarray(start));
    return lines;
  }

  end(): NumberedLine[] {
    const lines: NumberedLine[] = [];
    this.#finishLine(lines);
    return lines;
  }

  #hold(piece: Buffer): void {
    this.#pendingBytes += piece.length;
    if (this.#pendingBytes > this.#maxLineBytes) this.#pending = [];
    else if (piece.length > 0) this.#pending.push(piece);
  }

  #finishLine(lines: NumberedLine[]): void {
    const number = this.#number++;
    const text = this.#text(number);
    if (text instanceof LineFault || text.trim() !== '') lines.push({ number, text });
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  #text(number: number): string | LineFault {
    if (this.#pendingBytes > this.#maxLineBytes) {
      return new LineFault('too_large', `The line is longer than the ${this.#maxLineBytes} bytes that are allowed.`);
    }
    const [only] = this.#pending;
    const line = this.#pending.length === 1 && only !== undefined ? only : Buffer.concat(this.#pending);
    if (!isUtf8(line)) return new LineFault('invalid', 'This is not UTF-8 text.');
    const text = line.toString('utf8');
    return number === 1 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  }
}
