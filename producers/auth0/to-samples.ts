import { sha256 } from '../../attribution/canonical-json.ts';
import { covers, spanOf } from '../../attribution/period.ts';
import type { Catalog } from '../../schemas/catalog.ts';
import { dayOf } from '../../schemas/day.ts';
import type { Day } from '../../schemas/scalars.ts';
import type { UsageSample } from '../../schemas/usage-sample.ts';
import { sourceError } from '../polling/errors.ts';
import type { LogEntry } from './api.ts';

export interface SampleOptions {
  /** What the samples name as their source. */
  readonly source: string;
  /** Of the Auth0 tenant: log ids are unique within it. */
  readonly host: string;
  readonly catalog: Catalog | null;
}

export interface Samples {
  readonly samples: readonly UsageSample[];
  /** Samples by organisation that no tenant lists on their day. */
  readonly unknown: ReadonlyMap<string, number>;
}

/**
 * One sample per log entry, which has its identity: whatever is read again is counted once. Nothing of it tells whom it
 * is about: a digest of the log's id, the tenant, and the hour.
 *
 * @throws ApportionError `source_garbled` when an entry has no date
 */
export function toSamples(entries: readonly LogEntry[], { source, host, catalog }: SampleOptions): Samples {
  const owners = Map.groupBy(
    (catalog?.tenants ?? []).flatMap((tenant) =>
      tenant.auth0Organizations.map((organization) => ({ organization, id: tenant.id, span: spanOf(tenant) })),
    ),
    ({ organization }) => organization,
  );
  const ownerOf = (organization: string, day: Day): string | null =>
    owners.get(organization)?.find(({ span }) => covers(span, day))?.id ?? null;
  const unknown = new Map<string, number>();
  const samples = entries.map(({ logId, type, date, organization }) => {
    if (date === null) throw sourceError('source_garbled', `A log entry of type ${type} has no date.`);
    const owner = ownerOf(organization, dayOf(date));
    const tenant = owner ?? (isOrganization(type, organization) ? organization : '');
    if (owner === null && tenant !== '') unknown.set(tenant, (unknown.get(tenant) ?? 0) + 1);
    const hour = date - (date % HOUR_MS);
    return {
      ...{ source, sampleId: sha256(`${host} ${logId}`).slice(0, ID_DIGITS), meter: 'login', tenant },
      ...{ product: '', cluster: '', namespace: '', owner: '', windowStart: hour, windowEnd: hour, quantity: 1 },
    };
  });
  return { samples, unknown };
}

const HOUR_MS = 3_600_000;
/** 128 bits. */
const ID_DIGITS = 32;

/** Types of success begin with s. Of a failure, what stands as organisation may be anything that somebody has typed. */
function isOrganization(type: string, organization: string): boolean {
  return type.startsWith('s') && /^org_\w{1,64}$/.test(organization);
}
