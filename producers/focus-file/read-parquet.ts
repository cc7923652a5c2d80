import {
  type AsyncBuffer,
  type FileMetaData,
  type ParquetParsers,
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
  type SchemaElement,
  type SchemaTree,
} from 'hyparquet';
import { compressors, decompressLz4, decompressLz4Raw } from 'hyparquet-compressors';
import { ApportionError } from '../../runtime/errors.ts';
import { producerError } from '../errors.ts';
import type { FoundFile } from './found-file.ts';
import { textOfEntries } from './parquet-entries.ts';
import { textOfColumn } from './parquet-text.ts';
import type { Table, TableRow } from './read-table.ts';

/**
 * One row group is in memory at a time, and of that only the columns that are used: so many rows, twice what writers make
 * unasked, and so much unpacked. A million rows with a map of Tags take 2 GiB, a hundred thousand half of one.
 */
const MAX_GROUP_ROWS = 2 * 1024 * 1024;
const MAX_GROUP_BYTES = 512 * 1024 * 1024;
/** The longest piece that is read at once: a column of a row group, or the footer. */
const MAX_READ_BYTES = 512 * 1024 * 1024;

/** Opens a Parquet file by its footer. */
export async function openParquet(file: FoundFile): Promise<Table> {
  try {
    const metadata = await parquetMetadataAsync(bytesOf(file), { geoparquet: false });
    const columns = parquetSchema(metadata).children;
    return {
      header: columns.map(({ element }) => element.name),
      rows: (used) => readRows(file, metadata, columns, used),
      [Symbol.asyncDispose]: async () => {},
    };
  } catch (cause) {
    throw damaged(file, 'at its footer', cause);
  }
}

/** A column that is read, and how its values become texts. */
interface ReadColumn {
  readonly position: number;
  readonly name: string;
  readonly toText: (value: unknown) => string;
}

async function* readRows(
  file: FoundFile,
  metadata: FileMetaData,
  columns: readonly SchemaTree[],
  used: ReadonlySet<number>,
): AsyncGenerator<TableRow> {
  const empty = columns.map(() => '');
  let number = 0;
  try {
    const wanted = readableColumns(file, columns, used);
    refuseLargeGroups(file, metadata, wanted);
    const plain = { ...metadata, schema: metadata.schema.map(plainElement) };
    for (const { num_rows: count } of metadata.row_groups) {
      const rows = { rowStart: number, rowEnd: number + Number(count) };
      const group: { readonly position: number; readonly texts: readonly string[] }[] = [];
      // One after the other, so that the values of one column only are in memory: they take many times what texts do.
      for (const column of wanted) {
        group.push({ position: column.position, texts: await readTexts(file, plain, column, rows) });
      }
      for (let row = 0; row < rows.rowEnd - rows.rowStart; row++) {
        const cells = empty.slice();
        for (const { position, texts } of group) cells[position] = texts[row] ?? '';
        yield { number: ++number, cells };
      }
    }
    if (BigInt(number) !== metadata.num_rows) throw new Error(`it says that it has ${metadata.num_rows} rows`);
  } catch (cause) {
    throw damaged(file, `beyond row ${number}`, cause);
  }
}

/** @throws ApportionError `focus_columns` with all columns that are used and hold what is no text, number or time */
function readableColumns(file: FoundFile, columns: readonly SchemaTree[], used: ReadonlySet<number>): ReadColumn[] {
  const faults: string[] = [];
  const readable: ReadColumn[] = [];
  for (const [position, column] of columns.entries()) {
    if (!used.has(position)) continue;
    const { element, children } = column;
    const toText = children.length > 0 ? textOfEntries(column) : textOfLeaf(element);
    if (toText === null) faults.push(`column ${element.name} is of a type that cannot be read`);
    else readable.push({ position, name: element.name, toText });
  }
  if (faults.length > 0) throw producerError('focus_columns', `${file.path}: ${faults.join(', ')}.`);
  return readable;
}

function textOfLeaf(element: SchemaElement): ReadColumn['toText'] | null {
  return element.repetition_type === 'REPEATED' ? null : (textOfColumn(element)?.toText ?? null);
}

function refuseLargeGroups(file: FoundFile, metadata: FileMetaData, wanted: readonly ReadColumn[]): void {
  const names = new Set(wanted.map(({ name }) => name));
  for (const group of metadata.row_groups) {
    let bytes = 0n;
    for (const { meta_data: chunk } of group.columns) {
      if (chunk !== undefined && names.has(chunk.path_in_schema[0] ?? '')) bytes += chunk.total_uncompressed_size;
    }
    if (group.num_rows > MAX_GROUP_ROWS || bytes > MAX_GROUP_BYTES) {
      const most = `more than ${MAX_GROUP_ROWS} and ${MAX_GROUP_BYTES}`;
      throw producerError(
        'focus_row_group',
        `${file.path} has ${group.num_rows} rows of ${bytes} bytes in a group, ${most}.`,
      );
    }
  }
}

/** Maps too are read as the entries that they are written as: an object would lose a name that stands twice. */
function plainElement(element: SchemaElement): SchemaElement {
  if (element.type !== undefined) return textOfColumn(element)?.element ?? element;
  const { converted_type: converted, ...rest } = element;
  return converted === 'MAP' || converted === 'MAP_KEY_VALUE' ? rest : element;
}

async function readTexts(
  file: FoundFile,
  metadata: FileMetaData,
  { name, toText }: ReadColumn,
  rows: { readonly rowStart: number; readonly rowEnd: number },
): Promise<string[]> {
  const chunks: ArrayLike<unknown>[] = [];
  await parquetRead({
    file: bytesOf(file),
    metadata,
    columns: [name],
    ...rows,
    compressors: UNPACKERS,
    utf8: false,
    parsers: PARSERS,
    // Nothing may be thrown from within: it would be nobody's.
    onChunk: ({ columnData }) => chunks.push(columnData),
  });
  const texts = chunks.flatMap((values) => textsOf(values, toText));
  // A column that is cut ends early without a word.
  if (texts.length !== rows.rowEnd - rows.rowStart) throw new Error(`${name} has ${texts.length} values`);
  return texts;
}

/** Columns repeat a few texts; beyond this many the memory of them is dropped. */
const MAX_SHARED = 10_000;

/** Equal texts are one object, whatever made them: a row group may have a million rows. */
function textsOf(values: ArrayLike<unknown>, toText: ReadColumn['toText']): string[] {
  const shared = new Map<string, string>();
  return Array.from(values, (value) => {
    if (value === null || value === undefined) return '';
    const text = toText(value);
    const known = shared.get(text);
    if (known !== undefined) return known;
    if (shared.size >= MAX_SHARED) shared.clear();
    shared.set(text, text);
    return text;
  });
}

const nothing = new Uint8Array();

/** The unpackers of LZ4 read at least one value; a page of nulls has none. */
const UNPACKERS: typeof compressors = {
  ...compressors,
  LZ4: (input, length) => (length === 0 ? nothing : decompressLz4(input, length)),
  LZ4_RAW: (input, length) => (length === 0 ? nothing : decompressLz4Raw(input, length)),
};

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** hyparquet's own lose what is no UTF-8, and all beyond milliseconds. */
const PARSERS: Partial<ParquetParsers> = {
  stringFromBytes: (bytes) => utf8.decode(bytes),
  timestampFromNanoseconds: (nanoseconds) => nanoseconds,
};

function bytesOf(file: FoundFile): AsyncBuffer {
  return {
    byteLength: file.bytes,
    slice: (start, end = file.bytes) => {
      const bytes = readBounded(file, start, end);
      // hyparquet leaves reads alone that it has begun when it finds a fault elsewhere: theirs is then nobody's.
      bytes.catch(() => {});
      return bytes;
    },
  };
}

async function readBounded(file: FoundFile, start: number, end: number): Promise<ArrayBuffer> {
  if (!(start >= 0 && start < end && end <= file.bytes && end - start <= MAX_READ_BYTES)) {
    throw new Error(`bytes ${start} to ${end} of ${file.bytes} cannot be read`);
  }
  return file.read(start, end);
}

/** Whatever hyparquet throws says that the bytes are not what they should be; an error of ours stays what it is. */
function damaged(file: FoundFile, place: string, cause: unknown): ApportionError {
  if (cause instanceof ApportionError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  return producerError('file_damaged', `${file.path} cannot be read ${place}: ${text}.`, cause);
}
