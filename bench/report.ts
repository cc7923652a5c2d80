import { writeFileSync } from 'node:fs';
import { machineText } from '../local/machine.ts';
import type { Benchmark, Measured } from './benchmark.ts';
import { figureMarkdown } from './figure.ts';

/** What one benchmark came to. */
export interface Section extends Measured {
  readonly benchmark: Benchmark;
}

export interface Report {
  readonly begun: Date;
  readonly rounds: number;
  readonly size: number;
  readonly sections: readonly Section[];
}

/** Writes all figures, and how each came about, as Markdown. */
export function writeReport(path: string, report: Report): void {
  writeFileSync(path, markdown(report));
}

function markdown({ begun, rounds, size, sections }: Report): string {
  const figures = sections.flatMap((section) => section.figures);
  return [
    '# Benchmarks',
    `Written by \`npm run bench\` on ${begun.toISOString().slice(0, 10)}, medians of ${rounds} rounds${size === 1 ? '' : `, at ${size} of the full size`}.
Machine: ${machineText()}; Kafka, Postgres and whatever is measured run on it together.
What limits each figure stands in [performance.md](performance.md).`,
    figureMarkdown(figures),
    ...sections.flatMap(({ benchmark, details }) => [
      `## ${benchmark.name}`,
      benchmark.about,
      `\`\`\`text\n${details}\n\`\`\``,
    ]),
  ]
    .join('\n\n')
    .concat('\n');
}
