import { z } from 'zod';
import { refuseReport } from '../../attribution/refuse-report.ts';
import { type CostLine, type CostReport, MAX_REPORT_BYTES } from '../../schemas/cost-report.ts';
import { reportBytes } from '../report-bytes.ts';
import { amount, amountOrNull, day, instant, object, tags, text, textOr } from './fields.ts';
import { LineFault } from './line-fault.ts';
import { parseJson } from './parse-json.ts';

const lineShape = z
  .strictObject({
    service: textOr(''),
    cluster: textOr(''),
    namespace: textOr(''),
    region: textOr(''),
    resource: textOr(''),
    subAccount: textOr(''),
    category: textOr('Usage'),
    billed: amount,
    effective: amountOrNull,
    tags,
  })
  .transform((line): CostLine => ({ ...line, effective: line.effective ?? line.billed }));

const reportShape = object(
  z.strictObject({
    source: text,
    account: text,
    day,
    currency: text,
    observedAt: instant,
    status: z.literal(['estimated', 'final'], { error: 'expected "estimated" or "final"' }),
    lines: z.array(object(lineShape), { error: 'expected an array' }),
  }),
);

/** Reads one line of `apportion send cost-reports`. */
export function parseCostReportLine(line: string): CostReport | LineFault {
  const report = parseJson(line, reportShape);
  if (report instanceof LineFault) return report;
  const refusal = refuseReport(report);
  if (refusal !== null) return new LineFault(refusal.reason, refusal.detail);
  const bytes = reportBytes(report);
  return bytes > MAX_REPORT_BYTES ? new LineFault('too_large', tooLarge(bytes)) : report;
}

function tooLarge(bytes: number): string {
  return (
    `The report takes ${bytes} bytes, over the ${MAX_REPORT_BYTES} that are allowed. Add up lines with equal ` +
    'descriptors, or send a report per sub-account, with an account of its own each.'
  );
}
