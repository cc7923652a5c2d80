import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { formatAmount, parseAmount } from '../../attribution/amount.ts';
import { canonicalCatalogText } from '../../attribution/parse-catalog.ts';
import { parseCatalogText } from '../../operations/catalog-file.ts';
import type { Catalog } from '../../schemas/catalog.ts';
import { addDays, formatDay } from '../../schemas/day.ts';
import type { Amount } from '../../schemas/scalars.ts';
import { topics } from '../../schemas/topics.ts';
import { faultInput } from '../faults/input.ts';
import { type PipelineRun, withRun } from '../faults/pipeline-run.ts';
import { apportion, type Ended } from './command.ts';
import { temporaryFolder, testStack } from './stack.ts';

const stack = await testStack();
const folder = temporaryFolder();
const input = faultInput({ seed: 11, nowMs: Date.now(), calls: 12_000, days: 14, callsPerPiece: 40 });
const { from, to } = input.range;
const DAYS = ['--from', formatDay(from), '--to', formatDay(to)];

/** The catalog in force, but for the rule that most is given by, for somebody who is gone, and for what was left over. */
const candidate: Catalog = {
  ...input.catalog,
  rules: [
    { id: 'found', match: { namespace: 'load-test' }, assign: { tenant: 'globex' } },
    ...input.catalog.rules.map((rule) =>
      rule.id === 'shared' ? { ...rule, split: { by: 'even', targets: 'all' } as const } : rule,
    ),
  ],
};

function fileOf(name: string, catalog: Catalog): string {
  const path = join(folder, name);
  // JSON is YAML.
  writeFileSync(path, canonicalCatalogText(catalog));
  assert.ok(parseCatalogText(path, canonicalCatalogText(catalog)));
  return path;
}

async function done(run: PipelineRun, ...args: readonly string[]): Promise<Ended> {
  const ended = await apportion(args, run.env);
  assert.equal(ended.code, 0, `apportion ${args.join(' ')}: ${ended.stdout}${ended.stderr}`);
  return ended;
}

/** Where all topics end. */
async function endsOf({ world }: PipelineRun): Promise<readonly string[]> {
  const { admin } = world;
  const ends = topics.map(async ({ name }) => {
    const extents = await admin.extents(world.settings.topicPrefix + name);
    return `${name} ${[...extents].map(([partition, { end }]) => `${partition}:${end}`).join()}`;
  });
  return Promise.all(ends);
}

/** What each tenant's day costs, as Postgres has it. */
async function standing({ world }: PipelineRun): Promise<ReadonlyMap<string, Amount>> {
  const { rows } = await world.pool.query<{ key: string; billed: string }>(
    `SELECT day::text || ' ' || tenant AS key, billed::text FROM attribution WHERE day BETWEEN $1 AND $2`,
    [formatDay(from), formatDay(to)],
  );
  return new Map(rows.map(({ key, billed }) => [key, amountOf(billed)]));
}

/** By day and tenant: what changes, where anything does. */
type Changes = Readonly<Record<string, string>>;

function changesBetween(before: ReadonlyMap<string, Amount>, after: ReadonlyMap<string, Amount>): Changes {
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  return changes(keys.map((key) => [key, (after.get(key) ?? 0n) - (before.get(key) ?? 0n)]));
}

/** Of the CSV of a simulation or a replay, whose columns of amounts have the same names. */
function changesOf(csv: string): Changes {
  const rows = parse(readFileSync(csv), { columns: true }) as Readonly<Record<string, string>>[];
  return changes(
    rows
      .filter(({ outcome }) => outcome !== 'covered' && outcome !== 'held')
      .map(({ day, tenant, billed_before, billed_after }) => [
        `${day} ${tenant || '__unallocated__'}`,
        amountOf(billed_after) - amountOf(billed_before),
      ]),
  );
}

function changes(parts: readonly (readonly [string, bigint])[]): Changes {
  const sums = new Map<string, bigint>();
  for (const [key, change] of parts) sums.set(key, (sums.get(key) ?? 0n) + change);
  const changed = [...sums].filter(([, change]) => change !== 0n).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(changed.map(([key, change]) => [key, formatAmount(change as Amount)]));
}

function amountOf(text: string | undefined): Amount {
  const amount = parseAmount(text);
  return typeof amount === 'bigint' ? amount : assert.fail(amount.fault);
}

test('simulate says what a replay says, and what stands once the catalog is applied; and writes nothing', {
  timeout: 280_000,
}, async () => {
  // No day closes, so that a replay counts no more than what stands.
  const variables = { APPORTION_OPEN_DAYS: '400' };
  const run = async (run: PipelineRun): Promise<void> => {
    await Promise.all(run.start(['all']).map((role) => role.untilLive()));
    await run.sendUntil(1);
    await run.settle();
    const [ends, before] = [await endsOf(run), await standing(run)];

    const same = await done(run, 'simulate', '--catalog', fileOf('same.json', input.catalog), ...DAYS);
    assert.match(same.stdout, /^Nothing changes\.$/m);

    const file = fileOf('candidate.json', candidate);
    const csv = join(folder, 'simulated.csv');
    const said = await done(run, 'simulate', '--catalog', file, ...DAYS, '--csv', csv);
    assert.match(said.stdout, /^found +0 +[\d.]+ +\+[\d.]+ +USD\n {2}globex +0 /m, 'a rule that is new');
    assert.match(said.stdout, /^\(no rule fits\) +[\d.]+ +0 +-[\d.]+ +USD\n {2}unallocated: no_rule/m);
    assert.match(said.stdout, /^All changes together: 0 USD$/m);
    assert.match(said.stdout, /Nothing was changed/);
    const { stdout } = await done(run, 'simulate', '--catalog', file, ...DAYS, '--json');
    const json = JSON.parse(stdout);
    const sum = json.outcomes.reduce((all: bigint, one: { change: { billed: string } }) => {
      return all + amountOf(one.change.billed);
    }, 0n);
    assert.equal(sum, 0n);
    const documents = Number(/^([\d,]+) documents would differ/m.exec(said.stdout)?.[1]?.replaceAll(',', ''));
    assert.equal(json.documentsThatDiffer, documents);
    assert.deepEqual([await endsOf(run), await standing(run)], [ends, before], 'nothing was written');

    const replayed = join(folder, 'replayed.csv');
    const replay = await done(run, 'replay', '--catalog', file, ...DAYS, '--csv', replayed);
    assert.match(replay.stdout, new RegExp(` documents computed, ${documents} differ `));
    const simulated = changesOf(csv);
    assert.ok(Object.keys(simulated).length > 100);
    assert.deepEqual(simulated, changesOf(replayed));

    await done(run, 'catalog', 'apply', file);
    await run.settle();
    assert.deepEqual(simulated, changesBetween(before, await standing(run)));
    const now = await done(run, 'simulate', '--catalog', file, ...DAYS);
    assert.match(now.stdout, /^Nothing changes\.$/m);
  };
  await withRun(stack, input, run, { variables });
});

test('simulate says what it cannot do, and why', { timeout: 120_000 }, async () => {
  await withRun(stack, input, async (run) => {
    await Promise.all(run.start(['all']).map((role) => role.untilLive()));
    await run.sendUntil(0.1);
    await run.settle();
    const file = fileOf('candidate.json', candidate);

    const wide = ['--from', formatDay(addDays(from, -5)), '--to', formatDay(to)];
    const { stdout } = await done(run, 'simulate', '--catalog', file, ...wide);
    assert.match(stdout, /^\d+ of the days have no cost and no usage\. The topics have days from \S+ to \S+\.$/m);

    const far = await apportion(['simulate', '--catalog', file, '--from', '2019-01-01', '--to', '2019-01-31'], run.env);
    assert.equal(far.code, 1);
    assert.match(far.stderr, /no cost and no usage from 2019-01-01 to 2019-01-31\. The topics have days from/);

    const wrong = join(folder, 'wrong.yaml');
    writeFileSync(
      wrong,
      'version: 1\ncurrency: usd\nrules: [{ id: a, match: { colour: red }, assign: { tenant: nobody } }]',
    );
    const refused = await apportion(['simulate', '--catalog', wrong, ...DAYS], run.env);
    assert.equal(refused.code, 1);
    for (const fault of [/currency/, /rules\[0\]\.match\.colour/, /rules\[0\]\.assign\.tenant/]) {
      assert.match(refused.stderr, fault);
    }
    const nowhere = await apportion(
      ['simulate', '--catalog', file, ...DAYS, '--csv', join(folder, 'no', 'folder.csv')],
      run.env,
    );
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.stderr, /folder\.csv cannot be written/);
    assert.equal((await apportion(['simulate', ...DAYS], run.env)).code, 2);
  });
});
