import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { withWorldOf } from '../../commands/world.ts';
import { readSettings } from '../../runtime/config.ts';
import { json, Upstream } from '../sources/upstream.ts';
import { apportion, type Ended } from './command.ts';
import { freshDatabase, freshPrefix, temporaryFolder, testStack } from './stack.ts';

const TOKEN = 'token-of-the-test-77';
const before = `version: 1
currency: USD
tenants:
  - { id: acme, name: Acme, auth0Organizations: [org_a1] }  # the first
`;

let organizations = [
  { id: 'org_a1', name: 'acme', display_name: 'Acme Corp' },
  { id: 'org_w9', name: 'wayne', display_name: 'Wayne' },
];
const upstream = await Upstream.start(() => json({ organizations }));
after(() => upstream[Symbol.asyncDispose]());
const stack = await testStack();
const folder = temporaryFolder();
const file = join(folder, 'catalog.yaml');
const config = join(folder, 'config.yaml');
writeFileSync(file, before);
writeFileSync(config, `pollers: { auth0: { url: '${upstream.url}', credentials: { token: 'env:AUTH0_TOKEN' } } }\n`);
const env: Readonly<Record<string, string>> = {
  APPORTION_KAFKA_BROKERS: stack.kafkaBrokers,
  APPORTION_SCHEMA_REGISTRY_URL: stack.schemaRegistryUrl,
  APPORTION_DATABASE_URL: await freshDatabase(),
  APPORTION_TOPIC_PREFIX: freshPrefix(),
  AUTH0_TOKEN: TOKEN,
};
assert.equal((await apportion(['topics', 'apply'], env)).code, 0);

async function apply(...options: string[]): Promise<Ended> {
  const ended = await apportion(['--config', config, 'catalog', 'apply', file, '--from-auth0', ...options], env);
  assert.ok(!`${ended.stdout}${ended.stderr}`.includes(TOKEN));
  return ended;
}

test('what Auth0 adds to a catalog is shown first, and nothing is done before somebody agrees', async () => {
  const dry = await apply('--dry-run', '--first-day', '2026-03-10');
  assert.equal(dry.code, 0, dry.stderr);
  assert.match(
    dry.stdout,
    /tenant acme: name Acme -> Acme Corp\n {2}tenant wayne \(Wayne, org_w9\): added from 2026-03-10/,
  );
  assert.match(dry.stdout, /tenant wayne: added\nTouches: all days\./);
  const unasked = await apply();
  assert.equal(unasked.code, 1);
  assert.match(unasked.stderr, /There is no terminal to ask on, so nothing was done\.[\s\S]*--yes/);
  assert.equal(readFileSync(file, 'utf8'), before);
});

test('the file is the truth: it is what is applied, and applying it again without Auth0 changes nothing', async () => {
  const applied = await apply('--first-day', '2026-03-10', '--yes');
  assert.equal(applied.code, 0, applied.stderr);
  assert.match(applied.stdout, /Applied\./);
  const line =
    '  - { id: wayne, name: Wayne, from: 2026-03-10, aliases: [ org_w9 ], auth0Organizations: [ org_w9 ] }\n';
  assert.equal(readFileSync(file, 'utf8'), `${before.replace('name: Acme,', 'name: "Acme Corp",')}${line}`);
  assert.match((await apply()).stdout, /Auth0 has nothing new[\s\S]*Nothing changes/, 'nobody is asked about nothing');
  assert.match((await apportion(['catalog', 'apply', file], env)).stdout, /Nothing changes/);
});

test('where Auth0 does not answer as it should, nothing is written or applied', async () => {
  const text = readFileSync(file, 'utf8');
  upstream.disturb = () => ({ kind: 'status', status: 403 });
  const refused = await apply('--yes');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /answered 403[\s\S]*rights/);
  upstream.disturb = () => null;
  organizations = [...organizations, { id: 'org_bad', name: ' ', display_name: 'Blank' }];
  const invalid = await apply('--yes');
  assert.equal(invalid.code, 1);
  assert.match(invalid.stderr, /tenants\[2\]\.id: is blank/);
  assert.equal(readFileSync(file, 'utf8'), text);
});

test('pollers see the catalog in force, and each newer one', async () => {
  const settings = readSettings({
    env: Object.fromEntries(Object.entries(env).filter(([name]) => name !== 'AUTH0_TOKEN')),
  });
  await withWorldOf(settings, async (world) => {
    const ids = async (): Promise<readonly string[] | undefined> =>
      (await world.catalog())?.tenants.map(({ id }) => id);
    assert.deepEqual(await ids(), ['acme', 'wayne']);
    assert.deepEqual(await ids(), ['acme', 'wayne']);
    organizations = organizations.slice(0, 2).concat({ id: 'org_i1', name: 'initech', display_name: '' });
    assert.equal((await apply('--yes')).code, 0);
    assert.deepEqual(await ids(), ['acme', 'wayne', 'initech']);
  });
});
