import { addDays, formatDay } from '../../../schemas/day.ts';
import type { Day } from '../../../schemas/scalars.ts';
import { AWS_ACCOUNT, DATADOG_ACCOUNT } from './costs.ts';
import { ALIAS, clusters, type Tenant, tenants } from './world.ts';

/** The day of the demo, counted from its first, from which monitoring is split by another rule. */
const RULE_CHANGE_DAY = 8;

/** The demo's catalog as YAML. Dates follow the demo's first day. */
export function catalogYaml(firstDay: Day): string {
  const change = formatDay(addDays(firstDay, RULE_CHANGE_DAY));
  return `version: 1
currency: USD
products:
  - { id: asr, name: Speech recognition }
  - { id: voicebot, name: Voice bots }
  - { id: biometrics, name: Voice biometrics }
tenants:
${tenants.map((tenant) => `  - ${tenantYaml(tenant, firstDay)}`).join('\n')}
expected:
${clusters.map(({ id }) => `  - { source: cast-ai, account: ${id} }`).join('\n')}
  - { source: aws, account: "${AWS_ACCOUNT}" }
  - { source: datadog, account: ${DATADOG_ACCOUNT} }

rules:
  # Namespaces that one tenant has alone.
  - id: acme-dedicated
    match: { source: cast-ai, namespace: "acme-*" }
    assign: { tenant: acme, product: voicebot }
  - id: globex-dedicated
    match: { source: cast-ai, namespace: "globex-*" }
    assign: { tenant: globex, product: asr }
  - id: initech-dedicated
    match: { source: cast-ai, namespace: "initech-*" }
    assign: { tenant: initech, product: biometrics }

  # Shared namespaces, by how long each tenant's calls lasted there.
  - id: shared
    match: { source: cast-ai, namespace: "*-shared" }
    split: { by: usage, meter: call_duration, scope: namespace, otherwise: [{ by: even, targets: all }] }

  # What keeps the clusters running, by what each tenant costs in them. Monitoring was split evenly until ${change}.
  - id: monitoring-evenly
    to: ${change}
    match: { source: cast-ai, namespace: monitoring }
    tier: overhead
    split: { by: even, targets: all }
  - id: monitoring
    from: ${change}
    match: { source: cast-ai, namespace: monitoring }
    tier: overhead
    split:
      by: blend
      parts:
        - { share: "0.7", by: cost, of: infrastructure }
        - { share: "0.3", by: usage, meter: call_count, scope: platform }
  - id: system
    match: { source: cast-ai, namespace: kube-system }
    tier: overhead
    split: { by: cost, of: infrastructure }
  - id: idle
    match: { source: cast-ai, service: idle }
    tier: overhead
    split: { by: cost, of: infrastructure }
  # The namespace load-test has no rule: its cost is unallocated with the reason no_rule.

  # The bills.
  - id: tax
    match: { category: Tax }
    hold: { reason: tax awaiting a decision }
  - id: compute-is-in-cast-ai
    match: { source: aws, service: ["Amazon Elastic Compute Cloud*", "Amazon Elastic Kubernetes Service"], category: Usage }
    cover: { by: cast-ai }
  - id: recordings
    match: { source: aws, subAccount: recordings }
    tier: storage
    split: { by: usage, meter: call_duration, scope: product, product: asr, otherwise: [{ by: cost, of: infrastructure }] }
  - id: synthetics
    match: { source: datadog, service: synthetics }
    leave: { reason: paid by the platform team }
  - id: external
    match: { source: [aws, datadog] }
    split: { by: cost, of: infrastructure }
`;
}

function tenantYaml({ id, name, fromDay }: Tenant, firstDay: Day): string {
  const aliases = id === ALIAS.tenant ? `, aliases: [${ALIAS.alias}]` : '';
  const from = fromDay === 0 ? '' : `, from: ${formatDay(addDays(firstDay, fromDay))}`;
  return `{ id: ${id}, name: ${name}${aliases}${from} }`;
}
