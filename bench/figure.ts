import { type Column, table } from '../runtime/terminal/table.ts';

/** A number that was measured. */
export interface Figure {
  /** Its name in the JSON file, `meter.1s.vsBare` say. */
  readonly key: string;
  readonly what: string;
  readonly value: number;
  /** `calls/s`, `ms`, `x` for a ratio. */
  readonly unit: string;
  /** What is promised, where something is. */
  readonly reach?: { readonly atLeast: number } | { readonly atMost: number };
}

/** Whether it is as promised; null where nothing is. */
function isReached({ value, reach }: Figure): boolean | null {
  if (reach === undefined) return null;
  return 'atLeast' in reach ? value >= reach.atLeast : value <= reach.atMost;
}

const COLUMNS: readonly Column[] = [
  { title: 'figure' },
  { title: '', align: 'right' },
  { title: 'unit' },
  { title: 'to reach', align: 'right' },
  { title: '' },
];

/** All figures below one another. `paint` colours what is and what is not reached. */
export function figureTable(figures: readonly Figure[], paint: (text: string, isReached: boolean) => string): string {
  const rows = figures.map((figure) => [
    figure.what,
    rounded(figure.value),
    figure.unit,
    reachText(figure),
    verdict(figure),
  ]);
  return table(COLUMNS, rows, (text, column, row) => {
    const figure = figures[row];
    const reached = figure === undefined ? null : isReached(figure);
    return column === COLUMNS.length - 1 && reached !== null ? paint(text, reached) : text;
  });
}

/** The same as a table in Markdown. */
export function figureMarkdown(figures: readonly Figure[]): string {
  const rows = figures.map(
    (figure) =>
      `| ${figure.what} | ${rounded(figure.value)} | ${figure.unit} | ${reachText(figure)} | ${verdict(figure)} |`,
  );
  return ['| figure | | unit | to reach | |', '| --- | ---: | --- | ---: | --- |', ...rows].join('\n');
}

/** One flat object of numbers. Throws when two figures have one key. */
export function figureJson(figures: readonly Figure[]): string {
  const numbers = new Map<string, number>();
  for (const { key, value } of figures) {
    if (numbers.has(key)) throw new Error(`Two figures are called ${key}.`);
    numbers.set(key, value);
  }
  return `${JSON.stringify(Object.fromEntries(numbers), null, 2)}\n`;
}

/** Three digits that count, and all before the point. */
function rounded(value: number): string {
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function reachText({ reach }: Figure): string {
  if (reach === undefined) return '';
  return 'atLeast' in reach ? `≥ ${reach.atLeast.toLocaleString('en')}` : `≤ ${reach.atMost.toLocaleString('en')}`;
}

function verdict(figure: Figure): string {
  const reached = isReached(figure);
  return reached === null ? '' : reached ? 'reached' : 'NOT reached';
}
