/**
 * The FOCUS ChargeCategory of a record type; null for one that is not known. Cost Explorer and the Cost and Usage Report
 * write them in different ways (`RIFee`, `Recurring reservation fee`), so letters alone are compared. Record types:
 * https://docs.aws.amazon.com/cost-management/latest/userguide/ce-filtering.html (charge type) and
 * https://docs.aws.amazon.com/cur/latest/userguide/Lineitem-columns.html (lineItem/LineItemType).
 */
export function categoryOf(recordType: string): string | null {
  const letters = recordType.toLowerCase().replaceAll(/[^a-z]/g, '');
  return categories.find(([pattern]) => pattern.test(letters))?.[1] ?? null;
}

const categories: readonly (readonly [RegExp, string])[] = [
  // Usage under a savings plan is billed at full price and taken back by its negation: only together are they what is
  // billed. Negotiated discounts are part of the price too; FOCUS has them in the very row.
  [/^(usage|discountedusage|reservationappliedusage|savingsplancoveredusage|savingsplannegation|.*discount)$/, 'Usage'],
  // Bought at once or by the month: reservations, savings plans, support, other subscriptions.
  [/^(.*fee|recurring|upfront|support|other|otheroutofcyclecharges)$/, 'Purchase'],
  [/^tax$/, 'Tax'],
  [/^credit$/, 'Credit'],
  // FOCUS would have it in the category of what is refunded, which AWS does not say.
  [/^refund$/, 'Adjustment'],
];
