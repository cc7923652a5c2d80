import { formatAmount } from '../attribution/amount.ts';
import type { AttributionLine } from '../schemas/attribution-document.ts';
import { formatDay } from '../schemas/day.ts';
import type { Amount, Day } from '../schemas/scalars.ts';
import type { ExplainedLine, Explanation } from './explain.ts';

/** Source rows beyond this are counted, not printed. */
const SHOWN_CHARGES = 10;

/** An explanation as people read it: the document, then each part with its origin, rule and evidence. */
export function explanationText({ document, parts }: Explanation): string {
  const head = [
    `${document.tenant} on ${formatDay(document.day)}: billed ${formatAmount(document.billed)} ${document.currency}, ` +
      `effective ${formatAmount(document.effective)} ${document.currency} (${document.status})`,
    `calcVersion ${document.calcVersion}, revision ${document.revision}, digest ${document.digest}`,
  ];
  return [...head, ...parts.map((part) => `\n${partText(part, document.currency)}`)].join('\n');
}

function partText({ line, split, observedAt, reportStatus, charges }: ExplainedLine, currency: string): string {
  const rule = line.ruleId === '' ? 'no rule fits' : `rule ${line.ruleId}, tier ${line.tier}`;
  const lines = [
    `${formatAmount(line.billed)} ${currency} billed, ${formatAmount(line.effective)} effective` +
      (line.product === '' ? '' : ` for ${line.product}`) +
      (line.reason === '' ? '' : `, unallocated: ${line.reason}`),
    `  from    ${originText(line)}`,
    `  by      ${rule}: ${line.method}${line.driver === '' ? '' : ` (${line.driver})`}`,
  ];
  if (line.totalWeight !== '') {
    lines.push(
      `  share   ${line.weight} of ${line.totalWeight} (${percent(line.weight, line.totalWeight)}) of ${formatAmount(split.billed)} billed, ${formatAmount(split.effective)} effective`,
    );
  }
  if (observedAt !== null) lines.push(`  report  observed ${new Date(observedAt).toISOString()}, ${reportStatus}`);
  for (const charge of charges.slice(0, SHOWN_CHARGES)) {
    const tags = Object.entries(charge.tags).map(([key, value]) => ` ${key}=${value}`);
    lines.push(
      `  row     ${formatAmount(charge.billed)} ${charge.currency} billed, ${formatAmount(charge.effective)} effective ${charge.resource}${tags.join('')}`.trimEnd(),
    );
  }
  if (charges.length > SHOWN_CHARGES)
    lines.push(`  row     and ${charges.length - SHOWN_CHARGES} more (--json has all)`);
  return lines.join('\n');
}

function originText(line: AttributionLine): string {
  return [
    line.source,
    line.account,
    line.subAccount,
    line.service,
    line.cluster,
    line.namespace,
    line.region,
    line.category,
  ]
    .filter((text) => text !== '')
    .join(' / ');
}

/** For reading only: the amounts come from the split itself. */
function percent(weight: string, total: string): string {
  const tenThousandths = Number((BigInt(weight) * 1_000_000n) / BigInt(total));
  return `${(tenThousandths / 10_000).toFixed(4)} %`;
}

/** An explanation as JSON, amounts as canonical decimal text. */
export function explanationJson(explanation: Explanation): string {
  return JSON.stringify(
    explanation,
    (key, value: unknown) => {
      if (key === 'day') return formatDay(value as Day);
      return typeof value === 'bigint' ? formatAmount(value as Amount) : value;
    },
    2,
  );
}
