import { parse } from 'csv-parse';
import { ApportionError } from '../../runtime/errors.ts';
import { producerError } from '../errors.ts';
import { readBytes } from '../read-bytes.ts';
import type { FoundFile } from './found-file.ts';
import type { Table, TableRow } from './read-table.ts';

/** A FOCUS row takes one or two KiB; one beyond this is a quote that was never closed. */
const MAX_ROW_BYTES = 4 * 1024 * 1024;

/** Opens a CSV file in UTF-8, plain or gzip, and reads its header. */
export async function openCsv(file: FoundFile): Promise<Table> {
  const rows = readRows(file);
  const { value: header } = await rows.next();
  const close = async (): Promise<void> => {
    await rows.return(undefined);
  };
  return { header: header?.cells ?? [], rows: () => rows, [Symbol.asyncDispose]: close };
}

async function* readRows(file: FoundFile): AsyncGenerator<TableRow, undefined> {
  const parser = parse({ bom: true, relax_column_count: true, skip_empty_lines: true, max_record_size: MAX_ROW_BYTES });
  const feeding = feed(parser, file);
  // An error of the feed destroys the parser, and so reaches the loop below.
  feeding.catch((error: Error) => parser.destroy(error));
  let number = 0;
  try {
    for await (const cells of parser) yield { number: ++number, cells };
  } catch (cause) {
    if (cause instanceof ApportionError) throw cause;
    const text = cause instanceof Error ? cause.message : String(cause);
    throw producerError('file_damaged', `${file.path} cannot be read beyond row ${number}: ${text}.`, cause);
  } finally {
    parser.destroy();
  }
}

async function feed(parser: ReturnType<typeof parse>, file: FoundFile): Promise<void> {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  for await (const chunk of readBytes(await file.open(), file.path)) {
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
