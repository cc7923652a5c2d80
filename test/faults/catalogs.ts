import type { Catalog, Rule } from '../../schemas/catalog.ts';
import { REQUESTS } from './samples.ts';

/** The rule of the demo that is another one by turns. */
const CHANGED_RULE = 'system';

/** What keeps the clusters running, by requests and no more by cost. */
const byRequests: Pick<Rule, 'split'> = { split: { by: 'usage', meter: REQUESTS, scope: 'platform' } };

/** The catalogs that are applied one after the other: each changes what every day costs, and the last one counts samples. */
export function catalogsAfter(first: Catalog): readonly Catalog[] {
  const counting = {
    ...first,
    rules: first.rules.map((rule) => (rule.id === CHANGED_RULE ? { ...rule, ...byRequests } : rule)),
  };
  return [counting, first, counting];
}
