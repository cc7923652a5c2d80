import { stat } from 'node:fs/promises';
import type { Publisher } from '../runtime/publisher.ts';
import type { CostReport } from '../schemas/cost-report.ts';
import { dayOf, formatDay, startOf } from '../schemas/day.ts';
import type { Day, Instant } from '../schemas/scalars.ts';
import { costReports } from '../schemas/topics.ts';
import { producerError } from './errors.ts';
import { type Columns, findColumns } from './focus-file/columns.ts';
import type { FocusFileConfig } from './focus-file/config.ts';
import { DaySums } from './focus-file/day-sums.ts';
import { Descriptors } from './focus-file/descriptors.ts';
import { type FoundFile, findFiles } from './focus-file/find-files.ts';
import { Incomplete } from './focus-file/incomplete.ts';
import { RowParser } from './focus-file/parse-row.ts';
import { readTable } from './focus-file/read-table.ts';
import { type FocusRow, RowFault } from './focus-file/row.ts';
import { spreadOverDays } from './focus-file/spread.ts';
import { toReports } from './focus-file/to-reports.ts';

/** Why a row, or a day as a whole, was not reported. */
export interface FocusFault {
  /** Empty for a day as a whole. */
  readonly file: string;
  /** The header is row 1; 0 for a day as a whole. */
  readonly row: number;
  readonly detail: string;
}

export interface FocusResult {
  readonly files: number;
  readonly rows: number;
  readonly reports: number;
  /** The first ones; `faultCount` counts all. */
  readonly faults: readonly FocusFault[];
  readonly faultCount: number;
  /** What was not reported since not everything of it could be read: as before, it stands as it was. */
  readonly withheld: readonly { readonly source: string; readonly account: string; readonly day: Day }[];
}

/**
 * Reads FOCUS 1.0 to 1.3 files (CSV, plain or gzip) as one whole, and gives a cost report for each source (provider),
 * account (billing account) and day, in the order of days. Rows are added up by all that describes them; rows that touch
 * several days are spread over them.
 *
 * A charge billed in another period than its day lies in, such as a correction of last month, is reported under the
 * account with that period added (`123/billed-2024-10`): a report replaces the older one whole, so that without it
 * the files of October would wipe out the September that they correct.
 *
 * A bad row is told with its file, row and reason, and nothing of its account and day is reported, since the rest would
 * replace what is known by less. Files are read once more where they hold more sums than fit `maxSums`.
 *
 * @throws ApportionError when files are missing, lack required columns, are not CSV, or change while they are read
 */
export async function readFocusFiles(
  config: FocusFileConfig,
  onReport: (report: CostReport) => Promise<void>,
): Promise<FocusResult> {
  const files = await findFiles(config.paths);
  const columns = await columnsOf(files, config);
  const observedAt = config.observedAt ?? Math.max(...files.map((file) => file.modifiedMs));
  const run = new Run(files, columns, config, observedAt);
  for (let from: Day | null = FIRST_DAY; from !== null; ) from = await run.pass(from, onReport);
  return run.result();
}

/** Reads FOCUS files and publishes their reports, or only those of the days that are wanted, which `reports` counts. */
export async function sendFocusFiles(
  config: FocusFileConfig,
  publisher: Publisher,
  isWanted: (day: Day) => boolean = () => true,
): Promise<FocusResult> {
  let batch: CostReport[] = [];
  let batchLines = 0;
  let sent = 0;
  const publish = async (): Promise<void> => {
    await publisher.publish(costReports, batch);
    batch = [];
    batchLines = 0;
  };
  const result = await readFocusFiles(config, async (report) => {
    if (!isWanted(report.day)) return;
    sent += 1;
    batch.push(report);
    batchLines += report.lines.length;
    if (batchLines >= BATCH_LINES || batch.length >= BATCH_REPORTS) await publish();
  });
  if (batch.length > 0) await publish();
  return { ...result, reports: sent };
}

const BATCH_LINES = 10_000;
const BATCH_REPORTS = 1_000;
const MAX_TOLD_FAULTS = 1_000;
const FIRST_DAY = Number.NEGATIVE_INFINITY as Day;

/** Reads only the headers, so that all missing columns of all files are told before anything else is done. */
async function columnsOf(files: readonly FoundFile[], config: FocusFileConfig): Promise<Map<string, Columns>> {
  const found = new Map<string, Columns>();
  const faults: string[] = [];
  for (const { path } of files) {
    const columns = findColumns(await headerOf(path), config);
    if ('count' in columns) found.set(path, columns);
    else faults.push(`${path}: ${columns.join(', ')}`);
  }
  if (faults.length > 0) throw producerError('focus_columns', `${faults.join('; ')}.`);
  return found;
}

async function headerOf(path: string): Promise<readonly string[]> {
  for await (const { cells } of readTable(path)) return cells;
  return [];
}

/** One import: one or more passes over the same files. */
class Run {
  readonly #files: readonly FoundFile[];
  readonly #columns: ReadonlyMap<string, Columns>;
  readonly #config: FocusFileConfig;
  readonly #observedAt: Instant;
  readonly #incomplete = new Incomplete();
  readonly #faults: FocusFault[] = [];
  readonly #withheld: { source: string; account: string; day: Day }[] = [];
  #faultCount = 0;
  #rows = 0;
  #reports = 0;

  constructor(
    files: readonly FoundFile[],
    columns: ReadonlyMap<string, Columns>,
    config: FocusFileConfig,
    observedAt: Instant,
  ) {
    this.#files = files;
    this.#columns = columns;
    this.#config = config;
    this.#observedAt = observedAt;
  }

  /** Reports the days from `from` on, as many as fit in memory. Gives the day to go on with, or null at the end. */
  async pass(from: Day, onReport: (report: CostReport) => Promise<void>): Promise<Day | null> {
    const descriptors = new Descriptors();
    const sums = new DaySums(from, this.#config.maxSums, descriptors);
    for (const file of this.#files) await this.#readFile(file, from === FIRST_DAY, sums, descriptors);
    for (const sum of sums.inOrder()) {
      const { source, account, billingAccount, day } = sum;
      const incomplete = this.#incomplete.has(source, billingAccount, day);
      const reports = incomplete ? [] : toReports(sum, this.#observedAt, this.#config);
      if (typeof reports === 'string') {
        this.#tell({ file: '', row: 0, detail: `${source} ${account} ${formatDay(day)}: ${reports}` });
      }
      if (incomplete || typeof reports === 'string') {
        this.#withheld.push({ source, account, day });
        continue;
      }
      for (const report of reports) await onReport(report);
      this.#reports += reports.length;
    }
    return sums.until;
  }

  result(): FocusResult {
    return {
      files: this.#files.length,
      rows: this.#rows,
      reports: this.#reports,
      faults: this.#faults,
      faultCount: this.#faultCount,
      withheld: this.#withheld,
    };
  }

  /** Faults are told in the first pass only, which reads every row; it therefore knows all that is incomplete. */
  async #readFile(file: FoundFile, isFirstPass: boolean, sums: DaySums, descriptors: Descriptors): Promise<void> {
    const columns = this.#columns.get(file.path);
    if (columns === undefined) return;
    const parser = new RowParser(columns, this.#config, descriptors);
    for await (const { number, cells } of readTable(file.path)) {
      if (number === 1) continue;
      const row = parser.parse(cells);
      if (isFirstPass) this.#rows++;
      if (!(row instanceof RowFault)) {
        addRow(row, sums);
      } else if (isFirstPass) {
        this.#incomplete.add(row.scope);
        this.#tell({ file: file.path, row: number, detail: row.detail });
      }
    }
    const { mtimeMs, size } = await stat(file.path);
    if (Math.floor(mtimeMs) !== file.modifiedMs || size !== file.bytes) {
      throw producerError('focus_changed', `${file.path} changed while it was read.`);
    }
  }

  #tell(fault: FocusFault): void {
    this.#faultCount++;
    if (this.#faults.length < MAX_TOLD_FAULTS) this.#faults.push(fault);
  }
}

function addRow(row: FocusRow, sums: DaySums): void {
  for (const part of spreadOverDays(row.start, row.end, row.billed, row.effective)) {
    sums.add(row, accountOf(row, part.day), part);
  }
}

/** The billing account, and the billing period where the day does not lie in it. */
function accountOf({ account, billingStart, billingEnd }: FocusRow, day: Day): string {
  if (billingStart === null || billingEnd === null) return account;
  const start = startOf(day);
  if (start >= billingStart && start < billingEnd) return account;
  return `${account}/billed-${formatDay(dayOf(billingStart)).replace(/-01$/, '')}`;
}
