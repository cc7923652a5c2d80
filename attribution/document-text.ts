import type { AttributionDocument, AttributionLine } from '../schemas/attribution-document.ts';
import type { ReportStatus } from '../schemas/cost-report.ts';
import { formatDay } from '../schemas/day.ts';
import { formatAmount } from './amount.ts';
import { sha256 } from './canonical-json.ts';

/** A document as one line of canonical JSON, without the line's end: what exports write. */
export function documentText(document: AttributionDocument): string {
  const { day, tenant, currency, status, billed, effective, calcVersion, revision, digest, lines } = document;
  return (
    `{"day":"${formatDay(day)}","tenant":${JSON.stringify(tenant)},"currency":${JSON.stringify(currency)},` +
    `"status":"${status}","billed":"${formatAmount(billed)}","effective":"${formatAmount(effective)}",` +
    `"calcVersion":${calcVersion},"revision":${revision},"digest":"${digest}","lines":${linesText(lines, quoteText)}}`
  );
}

/**
 * SHA-256 of the canonical text of status and lines. Revision, version and totals are left out: they do not say what
 * the tenant pays for, or follow from the lines.
 * @param quote writes a text as JSON; whoever writes many documents of a day passes one that remembers.
 */
export function documentDigest(status: ReportStatus, lines: readonly AttributionLine[], quote = quoteText): string {
  return sha256(`{"status":"${status}","lines":${linesText(lines, quote)}}`);
}

/** A text as JSON, in quotes. */
export function quoteText(text: string): string {
  return JSON.stringify(text);
}

type Quote = typeof quoteText;

function linesText(lines: readonly AttributionLine[], quote: Quote): string {
  let text = '';
  for (const line of lines) text += text === '' ? lineText(line, quote) : `,${lineText(line, quote)}`;
  return `[${text}]`;
}

function lineText(line: AttributionLine, quote: Quote): string {
  return (
    `{"source":${quote(line.source)},"account":${quote(line.account)},"service":${quote(line.service)},` +
    `"cluster":${quote(line.cluster)},"namespace":${quote(line.namespace)},"region":${quote(line.region)},` +
    `"subAccount":${quote(line.subAccount)},"category":${quote(line.category)},"product":${quote(line.product)},` +
    `"tier":${quote(line.tier)},"ruleId":${quote(line.ruleId)},"method":"${line.method}",` +
    `"driver":${quote(line.driver)},"weight":"${line.weight}","totalWeight":"${line.totalWeight}",` +
    `"billed":"${formatAmount(line.billed)}","effective":"${formatAmount(line.effective)}",` +
    `"reason":${quote(line.reason)}}`
  );
}
