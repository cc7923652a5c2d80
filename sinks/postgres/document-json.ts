import { formatAmount } from '../../attribution/amount.ts';
import type { AttributionDocument } from '../../schemas/attribution-document.ts';
import { formatDay } from '../../schemas/day.ts';

/** A document in the form of the file format, its fields in the order of interfaces.md. */
export function documentJson(document: AttributionDocument): string {
  const { tenant, currency, status, calcVersion, revision, digest } = document;
  return JSON.stringify({
    day: formatDay(document.day),
    tenant,
    currency,
    status,
    billed: formatAmount(document.billed),
    effective: formatAmount(document.effective),
    calcVersion,
    revision,
    digest,
    lines: document.lines.map((line) => ({
      source: line.source,
      account: line.account,
      service: line.service,
      cluster: line.cluster,
      namespace: line.namespace,
      region: line.region,
      subAccount: line.subAccount,
      category: line.category,
      product: line.product,
      tier: line.tier,
      ruleId: line.ruleId,
      method: line.method,
      driver: line.driver,
      weight: line.weight,
      totalWeight: line.totalWeight,
      billed: formatAmount(line.billed),
      effective: formatAmount(line.effective),
      reason: line.reason,
    })),
  });
}
