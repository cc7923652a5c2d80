/** How a column stands: numbers to the right, so that their points line up. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/**
 * Lays rows out as text with a title line, columns two blanks apart, without trailing blanks.
 * Texts are measured in code points; cells should hold no line breaks and no colour codes (use `paint` for those).
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  paint: (text: string, column: number, row: number) => string = (text) => text,
): string {
  const widths = columns.map((column, at) =>
    Math.max(length(column.title), ...rows.map((row) => length(row[at] ?? ''))),
  );
  const line = (cells: readonly string[], row: number): string =>
    cells
      .map((cell, at) => {
        const blanks = ' '.repeat((widths[at] ?? 0) - length(cell));
        const painted = row < 0 ? cell : paint(cell, at, row);
        return columns[at]?.align === 'right' ? blanks + painted : painted + blanks;
      })
      .join('  ')
      .trimEnd();
  return [
    line(
      columns.map((column) => column.title),
      -1,
    ),
    ...rows.map((row, at) =>
      line(
        columns.map((_, index) => row[index] ?? ''),
        at,
      ),
    ),
  ].join('\n');
}

function length(text: string): number {
  return [...text].length;
}
