import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseDay } from '../schemas/day.ts';
import type { Day } from '../schemas/scalars.ts';
import { parseCatalogText } from './catalog-file.ts';
import { type FedCatalog, type FeedOrganization, feedTenants } from './feed-tenants.ts';

const firstDay = parseDay('2026-03-10') as Day;
const file = `version: 1
currency: USD
tenants:
  # Our first customer.
  - { id: acme, name: Acme,   auth0Organizations: [org_a1] }   # since ever
  - { id: globex, name: Globex, aliases: [globex-prod] }
  - { id: initech, name: Initech, to: 2026-02-01, auth0Organizations: [org_gone] }
  - id: umbrella
    name: 'Umbrella'
    auth0Organizations: [org_u1, org_left]

rules: []
`;

const acme: FeedOrganization = { id: 'org_a1', name: 'acme', displayName: 'Acme' };
const umbrella: FeedOrganization = { id: 'org_u1', name: 'umbrella', displayName: 'The Umbrella' };

function feed(organizations: readonly FeedOrganization[], text = file): FedCatalog {
  return feedTenants(text, parseCatalogText('catalog.yaml', text), organizations, firstDay);
}

test('an organisation that no tenant lists becomes a tenant from a day on, whatever else stands in the file', () => {
  const { text, changes } = feed([
    { id: 'org_w9', name: 'wayne', displayName: 'Wayne, "Sons" & Co: #1' },
    acme,
    { id: 'org_s5', name: '0123', displayName: '0123' },
  ]);
  const lines = text.split('\n').filter((line) => !file.includes(line));
  assert.deepEqual(changes, [
    'tenant 0123 (0123, org_s5): added from 2026-03-10 on',
    'tenant wayne (Wayne, "Sons" & Co: #1, org_w9): added from 2026-03-10 on',
  ]);
  assert.equal(lines.length, 2);
  assert.equal(text.replace(`${lines.join('\n')}\n`, ''), file);
  assert.deepEqual(parseCatalogText('fed', text).tenants.slice(4), [
    { id: '0123', name: '0123', from: '2026-03-10', aliases: ['org_s5'], auth0Organizations: ['org_s5'] },
    {
      ...{ id: 'wayne', name: 'Wayne, "Sons" & Co: #1', from: '2026-03-10' },
      ...{ aliases: ['org_w9'], auth0Organizations: ['org_w9'] },
    },
  ]);
});

test('what was fed once is not fed again', () => {
  const organizations = [acme, umbrella, { id: 'org_w9', name: 'wayne', displayName: 'Wayne' }];
  const once = feed(organizations);
  const twice = feed(organizations, once.text);
  assert.equal(twice.text, once.text);
  assert.deepEqual(twice.changes, []);
});

test('the tenant that was made of an organisation is called as it is called now', () => {
  const { text, changes } = feed([{ ...acme, displayName: 'Acme: "Labs"' }, umbrella]);
  assert.deepEqual(changes, ['tenant acme: name Acme -> Acme: "Labs"']);
  assert.equal(text, file.replace('name: Acme,', 'name: "Acme: \\"Labs\\"",'));
});

test('names that people gave stay: of a tenant of several organisations, and of one with an id of its own', () => {
  assert.deepEqual(feed([{ ...acme, name: 'acme-corp', displayName: 'Other' }, umbrella]).changes, []);
});

test('what only people can decide is told, and left as it is', () => {
  const { text, changes, open } = feed([
    acme,
    umbrella,
    { id: 'org_g1', name: 'globex', displayName: 'Globex' },
    { id: 'org_g2', name: 'globex-prod', displayName: 'Globex' },
  ]);
  assert.equal(text, file);
  assert.deepEqual(changes, []);
  assert.equal(open.length, 3);
  assert.match(open[0] ?? '', /^org_g1 is called globex in Auth0: the catalog has that id/);
  assert.match(open[1] ?? '', /^org_g2 is called globex-prod/);
  assert.match(open[2] ?? '', /^org_left of the tenant umbrella is not in Auth0/);
});

test('what is fed is checked as any catalog is', () => {
  const { text } = feed([{ id: 'org_x', name: '__unallocated__', displayName: ' ' }]);
  assert.throws(() => parseCatalogText('catalog.yaml', text), {
    code: 'invalid_catalog',
    message: /tenants\[4\]\.id[\s\S]*tenants\[4\]\.name/,
  });
});

test('a file without a list of tenants is left alone', () => {
  assert.throws(() => feed([acme], 'version: 1\ncurrency: USD\n'), { code: 'no_tenant_list' });
});

test('the example of a catalog can be fed', async () => {
  const example = await readFile(join(import.meta.dirname, '../catalog.example.yaml'), 'utf8');
  const { text } = feed([{ id: 'org_w9', name: 'wayne', displayName: 'Wayne' }], example);
  const line =
    '  - { id: wayne, name: Wayne, from: 2026-03-10, aliases: [ org_w9 ], auth0Organizations: [ org_w9 ] }\n';
  assert.equal(text.replace(line, ''), example);
});
