import { styled } from '../../runtime/terminal/style.ts';
import { type Column, table } from '../../runtime/terminal/table.ts';

/** What a demo has come to, as Postgres says it: amounts are decimal text, rounded by the query as they are to be shown. */
export interface DemoSummary {
  readonly currency: string;
  /** `YYYY-MM-DD`, both inclusive. */
  readonly from: string;
  readonly to: string;
  /** How the columns of what was measured are called: `calls` and `per call minute`. */
  readonly measure: { readonly count: string; readonly price: string };
  /** In the order in which they are shown; `__unallocated__` is not among them. */
  readonly tenants: readonly TenantRow[];
  readonly unallocated: readonly UnallocatedRow[];
  readonly statement: StatementRow;
}

export interface TenantRow {
  readonly tenant: string;
  readonly name: string;
  readonly cost: string;
  /** Per cent of all that was allocated or unallocated. */
  readonly share: string;
  readonly count: string;
  /** Null for a tenant that used nothing. */
  readonly price: string | null;
}

export interface UnallocatedRow {
  readonly source: string;
  readonly service: string;
  readonly reason: string;
  readonly cost: string;
}

/** Sums over all statements, exact. */
export interface StatementRow {
  readonly in: string;
  readonly allocated: string;
  readonly covered: string;
  readonly held: string;
  readonly unallocated: string;
  readonly difference: string;
}

/** Writes the summary for people: tables of texts, coloured where the stream is a terminal. */
export function formatSummary(summary: DemoSummary, stream: NodeJS.WriteStream = process.stdout): string {
  const { currency, from, to } = summary;
  const heading = (text: string): string => styled('bold', text, stream);
  return [
    heading(`Cost per tenant, ${from} to ${to}, ${currency}`),
    tenantTable(summary, stream),
    heading('Given to nobody'),
    unallocatedTable(summary, stream),
    heading('Every unit accounted for'),
    statementTable(summary.statement, stream),
  ].join('\n\n');
}

function tenantTable({ tenants, measure }: DemoSummary, stream: NodeJS.WriteStream): string {
  const columns: Column[] = [
    { title: 'tenant' },
    { title: 'name' },
    { title: 'cost', align: 'right' },
    { title: 'share %', align: 'right' },
    { title: measure.count, align: 'right' },
    { title: measure.price, align: 'right' },
  ];
  const rows = tenants.map(({ tenant, name, cost, share, count, price }) => [
    tenant,
    name,
    grouped(cost),
    share,
    grouped(count),
    price ?? '',
  ]);
  return table(columns, rows, (text, column) => (column === 2 ? styled('cyan', text, stream) : text));
}

function unallocatedTable({ unallocated }: DemoSummary, stream: NodeJS.WriteStream): string {
  if (unallocated.length === 0) return 'nothing';
  const columns: Column[] = [
    { title: 'source' },
    { title: 'service' },
    { title: 'reason' },
    { title: 'cost', align: 'right' },
  ];
  const rows = unallocated.map(({ source, service, reason, cost }) => [source, service, reason, grouped(cost)]);
  return table(columns, rows, (text, column) => (column === 2 ? styled('yellow', text, stream) : text));
}

function statementTable(statement: StatementRow, stream: NodeJS.WriteStream): string {
  const rows = [
    ['in', statement.in],
    ['allocated to tenants', statement.allocated],
    ['covered by another source', statement.covered],
    ['held', statement.held],
    ['unallocated', statement.unallocated],
    ['difference', statement.difference],
  ];
  const columns: Column[] = [{ title: '' }, { title: 'amount', align: 'right' }];
  const verdict = statement.difference === '0' ? 'green' : 'red';
  return table(columns, alignPoints(rows.map(([name = '', amount = '']) => [name, grouped(amount)])), (text, _, row) =>
    row === rows.length - 1 ? styled(verdict, text.trimEnd(), stream) + blanksAfter(text) : text,
  );
}

/** Colour codes around blanks would keep them at the end of a line. */
function blanksAfter(text: string): string {
  return text.slice(text.trimEnd().length);
}

/** Fills decimals up with blanks, so that points stand below each other. */
function alignPoints(rows: readonly (readonly [string, string])[]): (readonly [string, string])[] {
  const decimals = (text: string): number => (text.includes('.') ? text.length - text.indexOf('.') : 0);
  const most = Math.max(...rows.map(([, amount]) => decimals(amount)));
  return rows.map(([name, amount]) => [name, amount + ' '.repeat(most - decimals(amount))]);
}

/** `-1234567.5` becomes `-1,234,567.5`. */
function grouped(amount: string): string {
  const [whole = '', decimals] = amount.split('.');
  const parted = whole.replaceAll(/\B(?=(\d{3})+$)/g, ',');
  return decimals === undefined ? parted : `${parted}.${decimals}`;
}
