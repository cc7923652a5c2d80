/** A history short enough to crash it everywhere, with one of everything that can happen to a day. */
import { canonicalCatalogText, parseCatalog } from '../../attribution/parse-catalog.ts';
import type { CostReport } from '../../schemas/cost-report.ts';
import { DAY_MS, dayOf, startOf } from '../../schemas/day.ts';
import type { Amount } from '../../schemas/scalars.ts';
import { FIRST_OPEN_DAY, type History, type Input, SENT_MS, ticks } from './history.ts';

const DAY = dayOf(startOf(FIRST_OPEN_DAY) - DAY_MS);
const NOON_MS = startOf(DAY) + DAY_MS / 2;

const SHARED = {
  by: 'usage',
  meter: 'call_duration',
  scope: 'namespace',
  otherwise: [{ by: 'even', targets: 'all' }],
} as const;

export const smallHistory: History = {
  partitions: 1,
  first: [
    catalog('ada'),
    report(3, { shared: 10n, ada: 5n }),
    call('1', 'ada', 1000),
    call('2', 'bob', 3000),
    report(2, { shared: 10n }),
    call('2', 'bob', 3000),
    call('2', 'cyd', 3000),
    report(1, { shared: 7n, odd: 1n }, 'GBP'),
    { is: 'garbage', topic: 'cost-reports.v1', partition: 0 },
    catalog('bob'),
  ],
  ticks: ticks(1),
  second: [
    call('3', 'cyd', 2000),
    // Begins on the closed day, ends on an open one.
    call('4', 'bob', DAY_MS / 2 + 500),
    report(0, { shared: 9n }),
    { is: 'garbage', topic: 'calls.v1', partition: 0 },
  ],
};

function catalog(owner: string): Input {
  const parsed = parseCatalog({
    version: 1,
    currency: 'USD',
    tenants: [{ id: 'ada' }, { id: 'bob' }, { id: 'cyd' }],
    rules: [
      { id: 'own', match: { namespace: 'ada' }, assign: { tenant: owner } },
      { id: 'shared', match: { namespace: 'shared' }, split: SHARED },
      { id: 'rest', match: {}, split: { by: 'cost', of: 'infrastructure' } },
    ],
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return { is: 'catalog', catalog: parsed.catalog, document: canonicalCatalogText(parsed.catalog) };
}

function report(hoursAgo: number, namespaces: Record<string, bigint>, currency = 'USD'): Input {
  const labels = { service: '', cluster: '', region: '', resource: '', subAccount: '', category: 'Usage', tags: {} };
  const lines = Object.entries(namespaces).map(([namespace, units]) => {
    const amount = units as Amount;
    return { ...labels, namespace, billed: amount, effective: amount };
  });
  const observedAt = SENT_MS - hoursAgo * 3_600_000;
  const facts: CostReport = { source: 'k8s', account: '1', day: DAY, currency, observedAt, status: 'final', lines };
  return { is: 'report', report: facts };
}

function call(callId: string, tenant: string, lastsMs: number): Input {
  const labels = { product: '', cluster: '', namespace: 'shared', source: 'pbx' };
  return { is: 'call', call: { callId, tenant, ...labels, startedAt: NOON_MS, endedAt: NOON_MS + lastsMs } };
}
