import { isMap, isScalar, isSeq, parseDocument, stringify } from 'yaml';
import { compareText } from '../attribution/canonical-json.ts';
import { ApportionError } from '../runtime/errors.ts';
import type { Catalog, Tenant } from '../schemas/catalog.ts';
import { formatDay } from '../schemas/day.ts';
import type { Day } from '../schemas/scalars.ts';
import { appendToList } from './append-to-list.ts';

/** A customer as Auth0 knows it. */
export interface FeedOrganization {
  readonly id: string;
  /** Unique in its Auth0 tenant: the id of the tenant that is made of it. */
  readonly name: string;
  readonly displayName: string;
}

export interface FedCatalog {
  /** Of the catalog file, as it should stand. */
  readonly text: string;
  /** What is different in it, one line each. */
  readonly changes: readonly string[];
  /** What somebody has to decide, one line each. */
  readonly open: readonly string[];
}

/**
 * Brings organisations into the text of a catalog file. One that no tenant lists becomes a tenant from `firstDay` on; the
 * tenant that was once made of one is called as that one is called now. Whatever else stands there is people's, and stays:
 * a tenant whose organisation is gone, and one that has the name of an organisation but does not list it.
 *
 * @param catalog what the text says
 * @throws ApportionError `no_tenant_list`
 */
export function feedTenants(
  text: string,
  catalog: Catalog,
  organizations: readonly FeedOrganization[],
  firstDay: Day,
): FedCatalog {
  const listed = new Set(catalog.tenants.flatMap(({ auth0Organizations }) => auth0Organizations));
  const taken = new Set(catalog.tenants.flatMap(({ id, aliases }) => [id, ...aliases]));
  const missing = organizations.filter(({ id }) => !listed.has(id)).sort((a, b) => compareText(a.name, b.name));
  const added = missing.filter(({ id, name }) => !taken.has(name) && !taken.has(id));
  const renamed = rename(text, catalog, new Map(organizations.map((each) => [each.id, each])));
  const found = new Set(organizations.map(({ id }) => id));
  return {
    text: added.length === 0 ? renamed.text : withTenants(renamed.text, added, firstDay),
    changes: [
      ...renamed.changes,
      ...added.map(({ id, name, displayName }) => {
        return `tenant ${name} (${displayName}, ${id}): added from ${formatDay(firstDay)} on`;
      }),
    ],
    open: [
      ...missing
        .filter((each) => !added.includes(each))
        .map(({ id, name }) => {
          return `${id} is called ${name} in Auth0: the catalog has that id or alias already. Is it that tenant's? Then list it there.`;
        }),
      ...catalog.tenants
        .filter(isOpenEnded)
        .flatMap((tenant) =>
          tenant.auth0Organizations
            .filter((id) => !found.has(id))
            .map((id) => `${id} of the tenant ${tenant.id} is not in Auth0. Has it left? Then end the tenant with to.`),
        ),
    ],
  };
}

function isOpenEnded({ to }: Tenant): boolean {
  return to === undefined;
}

/** The id is an alias as well: logins that were counted before the tenant was known were counted under it. */
function withTenants(text: string, added: readonly FeedOrganization[], firstDay: Day): string {
  const tenants = added.map(({ id, name, displayName }) => {
    return { id: name, name: displayName, from: formatDay(firstDay), aliases: [id], auth0Organizations: [id] };
  });
  const fed = appendToList(text, 'tenants', tenants);
  if (fed !== null) return fed;
  throw new ApportionError(
    'no_tenant_list',
    'The catalog file has no list of tenants to add to.',
    'Write `tenants: []` into it.',
  );
}

/** Names that stand in the file, of tenants that have the id of their one organisation: those that were made of it. */
function rename(
  text: string,
  catalog: Catalog,
  organizations: ReadonlyMap<string, FeedOrganization>,
): { readonly text: string; readonly changes: readonly string[] } {
  const list: unknown = parseDocument(text).get('tenants', true);
  const nodes = isSeq(list) ? list.items : [];
  const changes: string[] = [];
  let renamed = text;
  // From the end, so that places before it stay where they are.
  for (const [index, tenant] of [...catalog.tenants.entries()].reverse()) {
    const [organization, ...others] = tenant.auth0Organizations.map((id) => organizations.get(id));
    const node = nodes[index];
    const name: unknown = isMap(node) ? node.get('name', true) : undefined;
    if (organization === undefined || others.length > 0 || organization.name !== tenant.id) continue;
    if (organization.displayName === tenant.name || !isOpenEnded(tenant)) continue;
    if (!isScalar(name) || !name.range) continue;
    const [start, end] = name.range;
    const written = stringify(organization.displayName, { defaultStringType: 'QUOTE_DOUBLE', lineWidth: 0 }).trim();
    renamed = renamed.slice(0, start) + written + renamed.slice(end);
    changes.unshift(`tenant ${tenant.id}: name ${tenant.name} -> ${organization.displayName}`);
  }
  return { text: renamed, changes };
}
