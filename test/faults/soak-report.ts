import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { machineText } from '../../local/machine.ts';
import type { Ledger } from '../simulation/ledger.ts';

/** What a soak came to. */
export interface SoakReport {
  /** ISO 8601. */
  readonly begun: string;
  readonly seed: number;
  readonly asked: {
    readonly lines: number;
    readonly faults: number;
    readonly hours: number;
    readonly processes: number;
  };
  /** Faults that came, by kind. */
  readonly faults: Record<string, number>;
  /** Faults that nobody met. */
  missed: number;
  /** Lines of calls that were acknowledged. */
  lines: number;
  /** Records of calls in the topic: what was not acknowledged may have been sent again. */
  records: number;
  /** Samples of usage that were acknowledged. */
  samples: number;
  /** Documents and statements that were compared, in each of two places. */
  documents: number;
  letters: number;
  /** Processes that were killed and started again. */
  restarts: number;
  fullDisk: string;
  /** SHA-256 of all documents and statements: recomputed, in Postgres, and as a subscriber holds them. */
  digests: Readonly<Record<string, string>>;
  differences: readonly string[];
  /** What ended the soak, or its comparison. */
  failure: string | null;
  seconds: number;
}

/** What a full soak has at least. */
const FULL = { lines: 10_000_000, faults: 1_000 };
const SHOWN_DIFFERENCES = 50;

/** Writes the report as Markdown, and as JSON beside it. Gives whether all was compared and nothing differs. */
export function writeReport(report: SoakReport, path: string): boolean {
  const machine = machineText();
  const { length: differenceCount } = report.differences;
  const differences = report.differences.slice(0, SHOWN_DIFFERENCES);
  writeFileSync(`${path}.json`, `${JSON.stringify({ ...report, differenceCount, differences, machine }, null, 2)}\n`);
  writeFileSync(`${path}.md`, markdown(report, machine));
  return differenceCount === 0 && report.failure === null;
}

/** SHA-256 of all texts of a ledger, in the order of their keys. */
export function digestOf(ledger: Ledger): string {
  const hash = createHash('sha256');
  for (const key of [...ledger.keys()].sort()) hash.update(`${key} ${ledger.get(key)}\n`);
  return hash.digest('hex');
}

function markdown(report: SoakReport, machine: string): string {
  const { asked, seed, faults, differences, failure, lines } = report;
  const came = Object.values(faults).reduce((sum, count) => sum + count, 0);
  const isShort = lines < FULL.lines || came < FULL.faults;
  const sections = [
    '# Soak report',
    isShort &&
      `**A shortened soak.** A full one has at least ${number(FULL.lines)} lines and ${number(FULL.faults)} faults.`,
    `Written by \`npm run soak -- --lines ${asked.lines} --faults ${asked.faults} --seed ${seed} --processes ${asked.processes} --hours ${asked.hours}\`.
Calls, samples of usage, bills and changed catalogs stream through ${asked.processes} processes of each role while one thing after another fails. At the end every
document and statement, in Postgres and as a subscriber of the topics holds it, is compared to the last byte with what
the input alone comes to, and so is every dead letter; \`apportion verify\` looks at the rest.`,
    table(
      ['', ''],
      [
        [
          'result',
          report.documents === 0
            ? '**ended before its comparison**'
            : `**${number(differences.length)} differences**${failure === null ? '' : ', and it failed: see below'}`,
        ],
        ['machine', machine],
        ['begun', `${report.begun}, ${number(report.seconds)} s`],
        ['lines acknowledged', `${number(lines)}; ${number(report.records)} in the topic, with those sent again`],
        ['samples of usage acknowledged', number(report.samples)],
        ['documents and statements compared', `${number(report.documents)}, in Postgres and for a subscriber`],
        ['dead letters compared', number(report.letters)],
        ['faults', `${number(came)}, and ${number(report.missed)} that nobody met`],
        ['processes killed and started again', number(report.restarts)],
        ['the full disk was', `a ${report.fullDisk}`],
        ...Object.entries(report.digests).map(([name, digest]) => [`digest, ${name}`, `\`${digest}\``] as const),
      ],
    ),
    table(
      ['fault', 'times'],
      Object.entries(faults)
        .sort()
        .map(([kind, count]) => [kind, number(count)] as const),
    ),
    differences.length > 0 &&
      `## Differences\n\n${differences
        .slice(0, SHOWN_DIFFERENCES)
        .map((text) => `- ${text}`)
        .join('\n')}`,
    failure !== null && `## What ended it\n\n\`\`\`\n${failure}\n\`\`\``,
  ];
  return `${sections.filter((section) => section !== false).join('\n\n')}\n`;
}

function table(head: readonly [string, string], rows: readonly (readonly [string, string])[]): string {
  return [head, ['---', '---'], ...rows].map(([left, right]) => `| ${left} | ${right} |`).join('\n');
}

function number(value: number): string {
  return value.toLocaleString('en');
}
