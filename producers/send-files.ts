import type { Readable } from 'node:stream';
import type { CallLimits } from '../attribution/refuse-call.ts';
import type { Publisher } from '../runtime/publisher.ts';
import type { Instant } from '../schemas/scalars.ts';
import { calls, costReports, type Topic, usage } from '../schemas/topics.ts';
import { parseCallLine } from './json-lines/call-line.ts';
import { parseCostReportLine } from './json-lines/cost-report-line.ts';
import { LineFault } from './json-lines/line-fault.ts';
import { readLines } from './json-lines/read-lines.ts';
import { parseUsageLine } from './json-lines/usage-line.ts';
import { checkReadable, readBytes, readFileBytes } from './read-bytes.ts';

export type FileKind = 'calls' | 'usage' | 'cost-reports';

export interface SendFiles {
  readonly kind: FileKind;
  /** Paths of JSON lines, plain or gzip; `-` is standard input. */
  readonly files: readonly string[];
  readonly stdin: Readable;
  readonly publisher: Publisher;
  readonly limits: CallLimits;
  readonly now: () => Instant;
  /** Called for each bad line, in the order of the files. */
  readonly onBadLine: (line: BadLine) => void;
  /** Called after each batch that the broker has acknowledged. */
  readonly onProgress: (counts: SendCounts) => void;
}

export interface BadLine {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly reason: string;
  readonly detail: string;
}

export interface SendCounts {
  readonly sent: number;
  readonly bad: number;
}

/**
 * Publishes the good lines of files in their order, and tells the bad ones. Files are read as streams, so that memory
 * does not grow with them.
 * @throws ApportionError when a file is missing (before anything is sent) or damaged
 */
export async function sendFiles(options: SendFiles): Promise<SendCounts> {
  for (const file of options.files) if (file !== STANDARD_INPUT) await checkReadable(file);
  const { limits, now } = options;
  switch (options.kind) {
    case 'calls':
      return send(options, calls, (line) => parseCallLine(line, now(), limits));
    case 'usage':
      return send(options, usage, (line) => parseUsageLine(line, now()));
    case 'cost-reports':
      return send(options, costReports, parseCostReportLine);
  }
}

const STANDARD_INPUT = '-';
const MAX_BATCH_LINES = 2_000;
/** Of line text. A cost report alone may be as large. */
const MAX_BATCH_LENGTH = 4 * 1024 * 1024;

async function send<T extends object>(
  options: SendFiles,
  topic: Topic<T>,
  parse: (line: string) => T | LineFault,
): Promise<SendCounts> {
  const { publisher, onBadLine, onProgress } = options;
  let sent = 0;
  let bad = 0;
  let batch: T[] = [];
  let batchLength = 0;

  const publish = async (): Promise<void> => {
    if (batch.length === 0) return;
    await publisher.publish(topic, batch);
    sent += batch.length;
    batch = [];
    batchLength = 0;
    onProgress({ sent, bad });
  };

  for (const file of options.files) {
    const bytes = file === STANDARD_INPUT ? readBytes(options.stdin, 'standard input') : readFileBytes(file);
    for await (const lines of readLines(bytes)) {
      for (const { number, text } of lines) {
        const value = text instanceof LineFault ? text : parse(text);
        if (value instanceof LineFault) {
          bad++;
          onBadLine({ file, line: number, reason: value.reason, detail: value.detail });
          continue;
        }
        batch.push(value);
        batchLength += typeof text === 'string' ? text.length : 0;
        if (batch.length >= MAX_BATCH_LINES || batchLength >= MAX_BATCH_LENGTH) await publish();
      }
    }
  }
  await publish();
  return { sent, bad };
}
