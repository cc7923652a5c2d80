/** The platform whose sources are polled: who its tenants are, what runs where, and how its cost is given to them. */
import { parse } from 'yaml';
import { parseCatalog } from '../../../attribution/parse-catalog.ts';
import type { Catalog } from '../../../schemas/catalog.ts';
import type { UsageSample } from '../../../schemas/usage-sample.ts';
import { CLUSTER } from '../../sources/models/cast-ai.ts';

/** A rule of each kind, on charges of every source. */
const CATALOG = `
version: 1
currency: USD
products: [{ id: speech, name: Speech }, { id: voicebot, name: Voice bots }]
tenants:
  - { id: acme, name: Acme, auth0Organizations: [org_a1] }
  - { id: globex, name: Globex }
expected:
  - { source: cast-ai, account: ${CLUSTER} }
rules:
  - id: tax
    match: { category: Tax }
    hold: { reason: tax }
  - id: credits
    match: { category: [Credit, Adjustment] }
    leave: { reason: credits are shared out by the year }
  - id: compute-is-in-cast-ai
    match: { source: aws, service: "Amazon Elastic Compute Cloud*" }
    cover: { by: cast-ai }
  - id: the-same-cluster
    match: { source: opencost, cluster: prod-eu-1 }
    cover: { by: cast-ai }
  - id: acme-dedicated
    match: { namespace: "acme-*" }
    assign: { tenant: acme, product: speech }
  - id: asr-by-requests
    match: { source: cast-ai, namespace: asr }
    split: { by: usage, meter: request, scope: namespace, otherwise: [{ by: even, targets: all }] }
  - id: voice-by-logins
    match: { namespace: voice }
    split: { by: usage, meter: login, scope: platform, product: voicebot, otherwise: [{ by: even, targets: all }] }
  - id: speech-by-requests
    match: { source: opencost, namespace: asr }
    split: { by: usage, meter: request, scope: product, product: speech, otherwise: [{ by: even, targets: all }] }
  - id: system
    match: { namespace: kube-system }
    tier: overhead
    split: { by: cost, of: infrastructure }
  - id: idle
    match: { source: opencost, service: idle }
    split: { by: even, targets: all }
  - id: logs
    match: { source: datadog, service: "logs_*" }
    split:
      by: blend
      parts:
        - { share: "0.7", by: usage, meter: request_5xx, scope: platform, otherwise: [{ by: cost, of: infrastructure }] }
        - { share: "0.3", by: fixed, weights: { acme: "2", globex: "1" } }
  - id: external
    match: { source: [aws, datadog, oracle] }
    split: { by: cost, of: infrastructure }
`;

export function platformCatalog(): Catalog {
  const parsed = parseCatalog(parse(CATALOG));
  if (!parsed.ok) throw new Error(`The catalog is wrong: ${JSON.stringify(parsed.faults)}`);
  return parsed.catalog;
}

/** Where requests to Kong's services belong, as the settings of its poller have it. */
export const kongServices = [
  { service: 'asr', tenant: 'acme', product: 'speech', cluster: 'prod-eu-1', namespace: 'asr' },
  { service: 'voice*', tenant: 'globex', product: 'voicebot', cluster: 'prod-eu-1', namespace: 'asr' },
] as const;

type Place = Pick<UsageSample, 'tenant' | 'product' | 'cluster' | 'namespace'>;

/** To whom and where usage belongs of which a source says only the organisation, or the service that was asked. */
export function placeOf({ owner, ...said }: Place & Pick<UsageSample, 'owner'>): Place {
  const service = kongServices.find((each) => owner.startsWith(`service/${each.service.replace('*', '')}`));
  return service ?? { ...said, tenant: said.tenant === 'org_a1' ? 'acme' : said.tenant };
}
