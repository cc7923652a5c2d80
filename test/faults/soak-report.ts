import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { arch, cpus, release, totalmem, type } from 'node:os';
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
  /** Documents and statements that were compared, in each of two places. */
  documents: number;
  letters: number;
  /** Processes that were started again. */
  restarts: number;
  fullDisk: string;
  /** SHA-256 of all documents and statements: recomputed, in Postgres, and as a subscriber holds them. */
  digests: Readonly<Record<string, string>>;
  differences: readonly string[];
  /** What ended the soak before its comparison. */
  failure: string | null;
  seconds: number;
}

const SHOWN_DIFFERENCES = 50;

/** Writes the report as JSON and as Markdown beside it. Whether nothing is wrong. */
export function writeReport(report: SoakReport, path: string): boolean {
  const machine = {
    system: `${type()} ${release()} ${arch()}`,
    cpus: cpus().length,
    model: cpus()[0]?.model ?? '',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
  const differences = report.differences.slice(0, SHOWN_DIFFERENCES);
  const count = report.differences.length;
  writeFileSync(
    `${path}.json`,
    `${JSON.stringify({ ...report, differenceCount: count, differences, machine }, null, 2)}\n`,
  );
  writeFileSync(
    `${path}.md`,
    markdown(
      report,
      `${machine.cpus} × ${machine.model}, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}`,
    ),
  );
  return count === 0 && report.failure === null;
}

export function digestOf(ledger: Ledger): string {
  const hash = createHash('sha256');
  for (const key of [...ledger.keys()].sort()) hash.update(`${key} ${ledger.get(key)}\n`);
  return hash.digest('hex');
}

function markdown(report: SoakReport, machine: string): string {
  const { asked, faults, differences, failure } = report;
  const came = Object.values(faults).reduce((sum, count) => sum + count, 0);
  const result = failure !== null ? 'ended before its comparison' : `${differences.length} differences`;
  const isShort = asked.lines < FULL.lines || asked.faults < FULL.faults;
  return `# Soak report

${isShort ? `**A shortened soak**: a full one has at least ${number(FULL.lines)} lines and ${number(FULL.faults)} faults.\n` : ''}
Written by \`npm run soak -- --lines ${asked.lines} --faults ${asked.faults} --seed ${report.seed} --processes ${asked.processes} --hours ${asked.hours}\`.
Calls and bills stream through ${asked.processes} processes of each role while something fails; then every document and
statement in Postgres, and as a subscriber of the topics holds it, is compared to the last byte with what the input alone
comes to, and so is every dead letter.

| | |
| --- | --- |
| result | **${result}** |
| machine | ${machine} |
| begun | ${report.begun}, ${number(report.seconds)} s |
| lines acknowledged | ${number(report.lines)}; ${number(report.records)} records in the topic, with those sent again |
| documents and statements compared | ${number(report.documents)}, in Postgres and for a subscriber |
| dead letters compared | ${number(report.letters)} |
| processes started again | ${number(report.restarts)} |
| faults | ${number(came)}, and ${number(report.missed)} that nobody met |
| the full disk was | a ${report.fullDisk} |
${Object.entries(report.digests)
  .map(([name, digest]) => `| digest, ${name} | \`${digest}\` |\n`)
  .join('')}
| fault | times |
| --- | ---: |
${Object.entries(faults)
  .sort()
  .map(([kind, count]) => `| ${kind} | ${number(count)} |\n`)
  .join('')}${
  differences.length === 0
    ? ''
    : `\n## Differences\n\n${differences
        .slice(0, SHOWN_DIFFERENCES)
        .map((text) => `- ${text}\n`)
        .join('')}`
}${failure === null ? '' : `\n## What ended it\n\n\`\`\`\n${failure}\n\`\`\`\n`}`;
}

const FULL = { lines: 10_000_000, faults: 1_000 };

function number(value: number): string {
  return value.toLocaleString('en');
}
