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
    `"calcVersion":${calcVersion},"revision":${revision},"digest":"${digest}","lines":${linesText(lines)}}`
  );
}

/**
 * SHA-256 of the canonical text of status and lines. Revision, version and totals are left out: they do not say what
 * the tenant pays for, or follow from the lines.
 */
export function documentDigest(status: ReportStatus, lines: readonly AttributionLine[]): string {
  return sha256(`{"status":"${status}","lines":${linesText(lines)}}`);
}

function linesText(lines: readonly AttributionLine[]): string {
  let text = '[';
  for (const line of lines) text += text.length === 1 ? lineText(line) : `,${lineText(line)}`;
  return `${text}]`;
}

function lineText(line: AttributionLine): string {
  return (
    `{"source":${JSON.stringify(line.source)},"account":${JSON.stringify(line.account)},` +
    `"service":${JSON.stringify(line.service)},"cluster":${JSON.stringify(line.cluster)},` +
    `"namespace":${JSON.stringify(line.namespace)},"region":${JSON.stringify(line.region)},` +
    `"subAccount":${JSON.stringify(line.subAccount)},"category":${JSON.stringify(line.category)},` +
    `"product":${JSON.stringify(line.product)},"tier":${JSON.stringify(line.tier)},` +
    `"ruleId":${JSON.stringify(line.ruleId)},"method":"${line.method}","driver":${JSON.stringify(line.driver)},` +
    `"weight":"${line.weight}","totalWeight":"${line.totalWeight}","billed":"${formatAmount(line.billed)}",` +
    `"effective":"${formatAmount(line.effective)}","reason":${JSON.stringify(line.reason)}}`
  );
}
