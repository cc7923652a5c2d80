import { parse } from 'csv-parse';
import { producerError } from '../errors.ts';
import { readFileBytes } from '../read-bytes.ts';

/** A row as it stands in the file; the header is row 1. */
export interface TableRow {
  readonly number: number;
  readonly cells: readonly string[];
}

/** A FOCUS row takes one or two KiB; one beyond this is a quote that was never closed. */
const MAX_ROW_BYTES = 4 * 1024 * 1024;

/**
 * The rows of a CSV file, header first, in the order of the file. Rows may have too few or too many cells.
 * @throws ApportionError `file_damaged` when the file is not CSV in UTF-8, or not whole
 */
export async function* readTable(path: string): AsyncGenerator<TableRow> {
  const parser = parse({ bom: true, relax_column_count: true, skip_empty_lines: true, max_record_size: MAX_ROW_BYTES });
  const feeding = feed(parser, path);
  // An error of the feed destroys the parser, and so reaches the loop below.
  feeding.catch((error: Error) => parser.destroy(error));
  let number = 0;
  try {
    for await (const cells of parser) yield { number: ++number, cells };
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    throw producerError('file_damaged', `${path} cannot be read beyond row ${number}: ${text}.`, cause);
  } finally {
    parser.destroy();
  }
}

async function feed(parser: ReturnType<typeof parse>, path: string): Promise<void> {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  for await (const chunk of readFileBytes(path)) {
    if (parser.destroyed) return;
    utf8.decode(chunk, { stream: true });
    if (!parser.write(chunk)) await drained(parser);
  }
  utf8.decode();
  parser.end();
}

function drained(parser: ReturnType<typeof parse>): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      parser.off('drain', done).off('close', done);
      resolve();
    };
    parser.on('drain', done).on('close', done);
  });
}
