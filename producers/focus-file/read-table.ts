import { isParquetName } from './export-name.ts';
import type { FoundFile } from './found-file.ts';
import { openCsv } from './read-csv.ts';
import { openParquet } from './read-parquet.ts';

/** A row as it stands in the file. */
export interface TableRow {
  /** Where people find it: in CSV the header is row 1, in Parquet the first row is. */
  readonly number: number;
  readonly cells: readonly string[];
}

/** A file as a table of texts, null as the empty text. */
export interface Table extends AsyncDisposable {
  readonly header: readonly string[];
  /**
   * To be called once. The rows in the order of the file. Only the cells at the positions that are used need be filled. Rows of CSV may have
   * too few or too many cells.
   * @throws ApportionError `file_damaged` when the file is not what its name says, or not whole
   */
  rows(used: ReadonlySet<number>): AsyncIterable<TableRow>;
}

/** @throws ApportionError `file_damaged` */
export function openTable(file: FoundFile): Promise<Table> {
  return isParquetName(file.path) ? openParquet(file) : openCsv(file);
}
