/** Whether a file found in a folder is an export: manifests and whatever else lies there are not. */
export function isExportName(name: string): boolean {
  return /\.(csv|csv\.gz|parquet)$/i.test(name);
}

/** Parquet packs its pages, and says how within the file; writers like to say it in the name too. */
export function isParquetName(name: string): boolean {
  return /\.parquet$/i.test(name);
}

/** The name without what only says how the content is written: two files with the same one hold the same export. */
export function exportOf(name: string): string {
  return name
    .replace(/\.gz$/i, '')
    .replace(/\.csv$|(\.(snappy|gz|gzip|zstd|br|brotli|lz4|uncompressed))?\.parquet$/i, '');
}
