import type { CostReport } from '../../schemas/cost-report.ts';
import { dayOf, formatDay, startOf } from '../../schemas/day.ts';
import type { Day, Instant } from '../../schemas/scalars.ts';
import { producerError } from '../errors.ts';
import { type Columns, findColumns } from './columns.ts';
import type { FocusFileConfig } from './config.ts';
import { DaySums } from './day-sums.ts';
import { Descriptors } from './descriptors.ts';
import { FileFinder } from './find-files.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { FoundFile } from './found-file.ts';
import { Incomplete } from './incomplete.ts';
import { RowParser } from './parse-row.ts';
import { openTable } from './read-table.ts';
import { type FocusRow, RowFault } from './row.ts';
import { spreadOverDays } from './spread.ts';
import { toReport } from './to-report.ts';

/** Why a row, or a day as a whole, was not reported. */
export interface FocusFault {
  /** Empty for a day as a whole. */
  readonly file: string;
  /** In CSV the header is row 1, in Parquet the first row is; 0 for a day as a whole. */
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
  /** Equal for equal files and settings; the same reports follow from them. */
  readonly fingerprint: string;
  /** The files are those that were known: they were not read, and nothing is reported. */
  readonly isUnchanged: boolean;
}

/**
 * Reads FOCUS 1.0 to 1.3 files (CSV, plain or gzip, and Parquet; on disk or in S3) as one whole, and gives a cost report
 * for each source (provider), account (billing account) and day, in the order of days. Rows are added up by all that
 * describes them; rows that touch several days are spread over them.
 *
 * A charge billed in another period than its day lies in, such as a correction of last month, is reported under the
 * account with that period added (`123/billed-2024-10`): a report replaces the older one whole, so that without it
 * the files of October would wipe out the September that they correct.
 *
 * A bad row is told with its file, row and reason, and nothing of its account and day is reported, since the rest would
 * replace what is known by less. Files are read once more where they hold more sums than fit `maxSums`. Nothing is
 * reported of files that are no longer what they were when their rows were read, nor of those with the known fingerprint.
 *
 * @throws ApportionError when files are missing, lack required columns, are damaged, or change while they are read
 */
export async function readFocusFiles(
  config: FocusFileConfig,
  onReport: (report: CostReport) => Promise<void>,
  known: string | null = null,
): Promise<FocusResult> {
  await using finder = new FileFinder(config);
  const files = await finder.find();
  const fingerprint = fingerprintOf(files, config);
  if (fingerprint === known) return unchanged(files, fingerprint);
  const columns = await columnsOf(files, config);
  const observedAt = config.observedAt ?? Math.max(...files.map((file) => file.modifiedMs));
  const run = new Run(files, columns, config, observedAt);
  for (let from: Day | null = FIRST_DAY; from !== null; ) {
    const sums = await run.pass(from);
    refuseChanged(files, await finder.find());
    await run.report(sums, onReport);
    from = sums.until;
  }
  return { ...run.result(), fingerprint, isUnchanged: false };
}

const MAX_TOLD_FAULTS = 1_000;
const FIRST_DAY = Number.NEGATIVE_INFINITY as Day;

function unchanged(files: readonly FoundFile[], fingerprint: string): FocusResult {
  const nothing = { rows: 0, reports: 0, faults: [], faultCount: 0, withheld: [] };
  return { files: files.length, ...nothing, fingerprint, isUnchanged: true };
}

/** @throws ApportionError `focus_changed` with a file that came, went, or is not what it was */
function refuseChanged(before: readonly FoundFile[], after: readonly FoundFile[]): void {
  const [changed] = versionsOf(before).symmetricDifference(versionsOf(after));
  if (changed === undefined) return;
  const [id] = changed.split('\0');
  throw producerError('focus_changed', `${id} changed while the files were read.`);
}

function versionsOf(files: readonly FoundFile[]): Set<string> {
  return new Set(files.map(({ id, bytes, version }) => `${id}\0${bytes}\0${version}`));
}

/** Reads only the headers, so that all missing columns of all files are told before anything else is done. */
async function columnsOf(files: readonly FoundFile[], config: FocusFileConfig): Promise<Map<string, Columns>> {
  const found = new Map<string, Columns>();
  const faults: string[] = [];
  for (const file of files) {
    await using table = await openTable(file);
    const columns = findColumns(table.header, config);
    if ('count' in columns) found.set(file.id, columns);
    else faults.push(`${file.path}: ${columns.join(', ')}`);
  }
  if (faults.length > 0) throw producerError('focus_columns', `${faults.join('; ')}.`);
  return found;
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

  /** Adds up the days from `from` on, as many as fit in memory. */
  async pass(from: Day): Promise<DaySums> {
    const descriptors = new Descriptors();
    const sums = new DaySums(from, this.#config.maxSums, descriptors);
    for (const file of this.#files) await this.#readFile(file, from === FIRST_DAY, sums, descriptors);
    return sums;
  }

  async report(sums: DaySums, onReport: (report: CostReport) => Promise<void>): Promise<void> {
    for (const sum of sums.inOrder()) {
      const { source, account, billingAccount, day } = sum;
      const incomplete = this.#incomplete.has(source, billingAccount, day);
      const report = incomplete ? null : toReport(sum, this.#observedAt, this.#config);
      if (typeof report === 'string') {
        this.#tell({ file: '', row: 0, detail: `${source} ${account} ${formatDay(day)}: ${report}` });
      }
      if (report === null || typeof report === 'string') {
        this.#withheld.push({ source, account, day });
        continue;
      }
      await onReport(report);
      this.#reports += 1;
    }
  }

  result(): Omit<FocusResult, 'fingerprint' | 'isUnchanged'> {
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
    const columns = this.#columns.get(file.id);
    if (columns === undefined) return;
    const parser = new RowParser(columns, this.#config, descriptors);
    await using table = await openTable(file);
    for await (const { number, cells } of table.rows(columns.used)) {
      const row = parser.parse(cells);
      if (isFirstPass) this.#rows++;
      if (!(row instanceof RowFault)) {
        addRow(row, sums);
      } else if (isFirstPass) {
        this.#incomplete.add(row.scope);
        this.#tell({ file: file.path, row: number, detail: row.detail });
      }
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
