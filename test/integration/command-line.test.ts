import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Kafka, logLevel } from 'kafkajs';
import { Client } from 'pg';
import { choosePorts } from '../../local/ports.ts';
import { addDays, dayOf, formatDay } from '../../schemas/day.ts';
import { apportion, startApportion } from './command.ts';
import { eventually, freshDatabase, freshPrefix, temporaryFolder, testStack } from './stack.ts';

/** Within the horizon, whenever this runs. */
const [day, dayAfter] = [-30, -29].map((days) => formatDay(addDays(dayOf(Date.now()), days))) as [string, string];

const catalog = `
version: 1
currency: USD
products: [{ id: asr, name: Speech recognition }]
tenants: [{ id: acme, name: Acme Corp, aliases: [acme-prod] }, { id: globex, name: Globex }]
rules:
  - { id: shared, match: { source: cast-ai, namespace: shared }, split: { by: usage, meter: call_duration, scope: namespace } }
  - { id: tax, match: { category: Tax }, hold: { reason: tax } }
`;

const call = (id: string, tenant: string, minutes: number): string =>
  JSON.stringify({
    source: 'voice',
    callId: id,
    tenant,
    product: 'asr',
    cluster: 'eu-1',
    namespace: 'shared',
    startedAt: `${day}T10:00:00Z`,
    endedAt: new Date(Date.parse(`${day}T10:00:00Z`) + minutes * 60_000).toISOString(),
  });

const report = JSON.stringify({
  source: 'cast-ai',
  account: 'eu-1',
  day,
  currency: 'USD',
  observedAt: `${dayAfter}T01:00:00Z`,
  status: 'final',
  lines: [
    { cluster: 'eu-1', namespace: 'shared', billed: '100.00' },
    { cluster: 'eu-1', namespace: 'kube-system', billed: '0.000000000001' },
    { category: 'Tax', billed: '19' },
  ],
});

const days = ['--from', day, '--to', day];
const stack = await testStack();
const folder = temporaryFolder();
const kafka = new Kafka({ brokers: [stack.kafkaBrokers], logLevel: logLevel.NOTHING });
const env: Readonly<Record<string, string>> = {
  APPORTION_KAFKA_BROKERS: stack.kafkaBrokers,
  APPORTION_SCHEMA_REGISTRY_URL: stack.schemaRegistryUrl,
  APPORTION_DATABASE_URL: await freshDatabase(),
  APPORTION_TOPIC_PREFIX: freshPrefix(),
  APPORTION_COMMIT_INTERVAL_MS: '100',
};

/** What the names of the topics of a replay begin with. */
const SHADOW = `${env['APPORTION_TOPIC_PREFIX']}replay-`;

/** Runs a command that must end with 0, and gives what it wrote. */
async function done(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await apportion(args, env);
  assert.equal(code, 0, `apportion ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

assert.match(await done('topics', 'apply', '--dry-run'), /calls\.v1 +created/);
assert.match(await done('topics', 'apply'), /calls\.v1 +created/);
const [operationsPort = 0] = await choosePorts(1);
const roles = startApportion(['run', 'all'], { ...env, APPORTION_OPERATIONS_PORT: String(operationsPort) });
let log = '';
roles.stderr?.on('data', (text) => {
  log += text;
});

after(async () => {
  roles.kill('SIGTERM');
  if (roles.exitCode === null) await once(roles, 'exit');
  assert.equal(roles.exitCode, 0, `roles end in good order when they are told to:\n${log}`);
});

test('topics apply finds nothing to do the second time', async () => {
  assert.doesNotMatch(await done('topics', 'apply'), / (created|changed) /);
});

test('settling without a catalog says what is missing', async () => {
  const { code, stderr } = await apportion(['settle', '--timeout', '5s'], env);
  assert.equal(code, 1);
  assert.match(stderr, /no catalog was ever applied[\s\S]*apportion catalog apply FILE/);
});

test('a wrong catalog is refused with all faults and their paths', async () => {
  const wrong = file(
    'wrong.yaml',
    `${catalog}
  - { id: shared, match: { colour: red }, split: { by: cost, of: external } }
  - { id: cycle, match: {}, tier: external, split: { by: fixed, weights: { nobody: "1,5" } } }
`,
  );
  const { code, stderr } = await apportion(['catalog', 'check', wrong], {});
  assert.equal(code, 1);
  for (const fault of [/rules\[2\]\.match\.colour/, /rules\[2\]\.id/, /rules\[3\]\.split\.weights\.nobody/]) {
    assert.match(stderr, fault);
  }
  assert.match(stderr, /nothing was applied/);
});

test('cost and calls come out as attribution per tenant, and the audit passes', async () => {
  assert.match(await done('catalog', 'apply', file('catalog.yaml', catalog)), /Applied\./);
  assert.match(await done('catalog', 'apply', join(folder, 'catalog.yaml')), /Nothing changes/);
  const lines = [
    call('1', 'acme-prod', 30),
    call('2', 'globex', 10),
    '{"source":"voice"',
    call('3', '', 5),
    call('1', 'acme-prod', 30),
  ];
  const calls = await apportion(['send', 'calls', file('calls.jsonl', `${lines.join('\n')}\n`)], env);
  assert.equal(calls.code, 1, 'a bad line is told by the exit code');
  assert.match(calls.stderr, /calls\.jsonl:3: invalid/);
  assert.match(calls.stderr, /calls\.jsonl:4: empty_tenant/);
  assert.match(calls.stderr, /3 sent, 2 bad/);
  const sent = await apportion(['send', 'cost-reports', '-'], env, `${report}\n`);
  assert.equal(sent.code, 0, sent.stderr);
  await done('settle', '--timeout', '60s');

  const documents = (await done('export', 'attributions', ...days)).trim().split('\n');
  const billed = documents.map((line) => JSON.parse(line)).map(({ tenant, billed }) => [tenant, billed]);
  assert.deepEqual(billed, [
    ['__unallocated__', '0.000000000001'],
    ['acme', '75'],
    ['globex', '25'],
  ]);
  const [statement] = (await done('export', 'statements', ...days)).trim().split('\n');
  const proof = JSON.parse(statement ?? '');
  assert.deepEqual(proof.sources[0].in, { billed: '119.000000000001', effective: '119.000000000001' });
  assert.deepEqual(proof.sources[0].heldReasons, { tax: { billed: '19', effective: '19' } });
  assert.deepEqual(
    proof.usage.map((meter: { meter: string; quantity: number; duplicates: number }) => [
      meter.meter,
      meter.quantity,
      meter.duplicates,
    ]),
    [
      ['call_count', 2, 1],
      ['call_duration', 2_400_000, 1],
    ],
  );
  const audit = await done('verify', ...days);
  assert.equal(audit.match(/^Passed/gm)?.length, 15);
});

test('each role tells Prometheus what it does', async () => {
  const metrics = await (await fetch(`http://127.0.0.1:${operationsPort}/metrics`)).text();
  for (const [processor, tasks] of [
    ['meter', 8],
    ['attribute', 4],
    ['postgres-sink', 18],
  ]) {
    const told = (name: string) =>
      Number(new RegExp(`^apportion_task_${name}\\{processor="${processor}"\\} (\\d+)`, 'm').exec(metrics)?.[1]);
    assert.equal(told('live'), tasks, `${processor}\n${metrics}`);
    assert.ok(told('written_records_total') > 0 && told('delay_seconds_count') > 0, metrics);
  }
});

test('CSV, one tenant, usage, and a file to write to', async () => {
  const csv = await done('export', 'attributions', ...days, '--tenant', 'acme', '--format', 'csv');
  const [titles = '', row = '', ...rest] = csv.trim().split('\n');
  assert.deepEqual(rest, []);
  assert.match(titles, /^day,tenant,currency,status,calcVersion,revision,digest,source,account/);
  assert.match(row, new RegExp(`^${day},acme,USD,final,`));
  const out = join(folder, 'usage.jsonl');
  await done('export', 'usage', ...days, '--tenant', 'globex', '--out', out);
  assert.deepEqual(
    readFileSync(out, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .map(({ meter, quantity }) => [meter, quantity]),
    [
      ['call_count', 1],
      ['call_duration', 600_000],
    ],
  );
});

test('explain walks from an amount to its source row', async () => {
  const text = await done('explain', '--tenant', 'acme', '--day', day);
  assert.match(text, /75 USD billed, 75 effective for asr/);
  assert.match(text, /from +cast-ai \/ eu-1 \/ eu-1 \/ shared \/ Usage/);
  assert.match(text, /rule shared, tier infrastructure: usage \(call_duration@namespace\)/);
  assert.match(text, /share +1800000 of 2400000 \(75\.0000 %\) of 100 billed/);
  assert.match(text, /row +100 USD billed/);
  const nobody = await apportion(['explain', '--tenant', 'nobody', '--day', day], env);
  assert.equal(nobody.code, 1);
  assert.match(nobody.stderr, new RegExp(`nobody has no cost on ${day}`));
});

test('a record that cannot be decoded is a dead letter with its bytes, and the topic goes on', async () => {
  const topic = `${env['APPORTION_TOPIC_PREFIX']}calls.v1`;
  const producer = kafka.producer();
  await producer.connect();
  const unknownSchema = Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 1]);
  await producer.send({
    topic,
    messages: [
      { key: 'a', value: Buffer.from('no avro'), partition: 0, headers: { origin: 'a test' } },
      { key: 'b', value: unknownSchema, partition: 0 },
    ],
  });
  await producer.disconnect();
  assert.equal((await apportion(['send', 'calls', '-'], env, `${call('4', 'globex', 20)}\n`)).code, 0);
  await done('settle', '--timeout', '60s');

  const letters = (await done('dead-letters', 'list', '--json'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    letters.map((letter) => [letter.reason, Buffer.from(letter.value, 'base64').toString('latin1')]),
    [
      ['undecodable', 'no avro'],
      ['unknown_schema', unknownSchema.toString('latin1')],
    ],
  );
  const id = `${letters[0].topic}/${letters[0].partition}/${letters[0].offset}`;
  assert.match(await done('dead-letters', 'list', '--reason', 'undecodable'), new RegExp(`^${id} `, 'm'));
  assert.match(await done('dead-letters', 'show', id), /header origin = a test\n {2}value {2}no avro/);
  assert.match(await done('dead-letters', 'resend', id), /1 sent again/);
  await done('settle', '--timeout', '60s');
  const again = (await done('dead-letters', 'list', '--reason', 'undecodable', '--json')).trim().split('\n');
  assert.equal(again.length, 2, 'what was refused for its content is refused again');
  const documents = await done('export', 'attributions', ...days, '--tenant', 'globex');
  assert.equal(JSON.parse(documents).billed, '50');
});

test('a letter is not sent again behind what was taken since in its place', async () => {
  const topic = `${env['APPORTION_TOPIC_PREFIX']}cost-reports.v1`;
  const partition = dayOf(Date.parse(day)) % 4;
  const producer = kafka.producer();
  await producer.connect();
  const key = JSON.stringify(['cast-ai', 'eu-1', day]);
  await producer.send({ topic, messages: [{ key, value: 'no avro', partition }] });
  const alone = JSON.stringify(['cast-ai', 'eu-2', day]);
  await producer.send({ topic, messages: [{ key: alone, value: 'no avro', partition }] });
  await producer.disconnect();
  assert.equal((await apportion(['send', 'cost-reports', '-'], env, `${report}\n`)).code, 0);
  await done('settle', '--timeout', '60s');
  const said = await done('dead-letters', 'resend', '--topic', 'cost-reports.v1');
  assert.match(said, /^1 sent again\.\ncost-reports\.v1\/\d\/\d+ left out: another record of its key was taken since/);
  await done('settle', '--timeout', '60s');
});

test('a candidate that is promoted undoes no catalog that was applied meanwhile', async () => {
  const withTenant = (id: string) => catalog.replace('tenants: [', `tenants: [{ id: ${id}, name: ${id} }, `);
  const candidate = file('candidate.yaml', withTenant('initech'));
  const replay = ['replay', ...days, '--catalog', candidate, '--promote'];
  const slow = apportion([...replay, '--max-rate', '1'], env);
  const topics = kafka.admin();
  await topics.connect();
  const shadows = async () => (await topics.listTopics()).filter((name) => name.startsWith(SHADOW));
  await eventually('the replay has begun', async () => (await shadows()).length > 0);
  assert.match(await done('catalog', 'apply', file('other.yaml', withTenant('hooli'))), /tenant hooli: added/);
  const { code, stdout, stderr } = await slow;
  assert.equal(code, 1);
  assert.match(stdout, /tenant initech: added\nTouches: all days\./);
  assert.match(stderr, /the same command goes on[\s\S]*Another catalog was applied while the days were computed/);
  assert.match(await done('catalog', 'apply', file('other.yaml', withTenant('hooli'))), /Nothing changes/);

  assert.match(
    await done(...replay, '--keep'),
    /Promoted as version 2: [\s\S]*Kept: the topics and groups whose names/,
  );
  assert.notDeepEqual(await shadows(), []);
  assert.match(await done(...replay), /Promoted as version 3/);
  assert.deepEqual(await shadows(), []);
  await topics.disconnect();
  await done('settle', '--timeout', '60s');
});

test('days of which nothing is known are said to be so, by whoever is asked for them', async () => {
  const nothing = ['--from', '2020-01-05', '--to', '2020-01-06'];
  for (const [command, message] of [
    ['replay', /no cost and no usage from 2020-01-05 to 2020-01-06/],
    [
      'verify',
      new RegExp(`nothing to audit from 2020-01-05 to 2020-01-06\\. The topics have days from ${day} to ${day}`),
    ],
  ] as const) {
    const { code, stderr } = await apportion([command, ...nothing], env);
    assert.equal(code, 1);
    assert.match(stderr, message);
  }
});

test('a file that cannot be written is told before the work is done', async () => {
  const out = join(folder, 'nowhere', 'file.csv');
  for (const args of [
    ['replay', ...days, '--csv', out],
    ['export', 'usage', ...days, '--out', out],
  ]) {
    const { code, stderr } = await apportion(args, env);
    assert.equal(code, 1);
    assert.match(stderr, /cannot be written[\s\S]*a folder that is there with --(csv|out)/);
  }
});

test('an audit finds what was altered behind the back of the sink', async () => {
  const client = new Client({ connectionString: env['APPORTION_DATABASE_URL'] });
  await client.connect();
  await client.query(`UPDATE attribution_line SET billed = billed + 0.000000000001 WHERE tenant = 'acme'`);
  await client.end();
  const { code, stdout } = await apportion(['verify', ...days], env);
  assert.equal(code, 1);
  assert.match(stdout, /^Failed +a document = the sum of its lines/m);
  assert.match(stdout, /^Failed +documents in Postgres = newest documents of the topic/m);
  assert.match(stdout, /^Failed +weeks = sums of days/m);
  assert.match(stdout, /^Passed +days recomputed from the topics/m);
});

test('who does not need Postgres does not have to be given its address', async () => {
  const { APPORTION_DATABASE_URL: _, ...without } = env;
  for (const args of [
    ['topics', 'apply'],
    ['simulate', '--catalog', join(folder, 'catalog.yaml'), ...days],
  ]) {
    assert.equal((await apportion(args, without)).code, 0);
  }
  const { code, stderr } = await apportion(['export', 'attributions', ...days], without);
  assert.equal(code, 1);
  assert.match(stderr, /needs Postgres, and databaseUrl is missing \(APPORTION_DATABASE_URL/);
});

test('a server that is away, or has no tables, is named', async () => {
  for (const [databaseUrl, message] of [
    [
      'postgres://nobody@127.0.0.1:1/none',
      /Postgres at 127\.0\.0\.1:1\/none does not answer[\s\S]*APPORTION_DATABASE_URL/,
    ],
    [await freshDatabase(), /has no tables of Apportion[\s\S]*apportion run postgres-sink/],
  ] as const) {
    const explain = ['explain', '--tenant', 'acme', '--day', day];
    const { code, stderr } = await apportion(explain, { ...env, APPORTION_DATABASE_URL: databaseUrl });
    assert.equal(code, 1);
    assert.match(stderr, message);
  }
});

test('a FOCUS file is polled, and what lies beyond the horizon is a dead letter', async () => {
  const bills = new URL('../../local/demo/real/data/focus-sample.csv', import.meta.url).pathname;
  const said = await done('poll', 'focus-file', '--path', bills, '--from', '2024-09-18', '--to', '2024-09-18');
  const [, reports] = /^focus-file: (\d+) reports sent, 0 days unchanged, 1000 rows of 1 files$/m.exec(said) ?? [];
  assert.ok(Number(reports) > 0, said);
  await done('settle', '--timeout', '60s');
  const letters = (await done('dead-letters', 'list', '--reason', 'beyond_horizon', '--json')).trim().split('\n');
  assert.equal(letters.length, Number(reports));
});

test('wrong use ends with 2, and says how it is right', async () => {
  const bothWays = ['export', 'statements', ...days, '--tenant', 'acme'];
  for (const args of [
    ['nonsense'],
    ['export', 'attributions'],
    bothWays,
    ['run', 'nonsense'],
    ['send', 'bills', 'x'],
  ]) {
    const { code, stderr } = await apportion(args, env);
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, /--help/, args.join(' '));
  }
  for (const [args, message] of [
    [['run', 'all', 'meter'], /'all' stands alone/],
    [['run', 'poller', 'castai'], /There is no poller 'castai'\. Pollers: .*cast-ai/],
  ] as const) {
    assert.match((await apportion([...args], env)).stderr, message);
  }
  const { code, stderr } = await apportion(['settle'], {
    ...env,
    APPORTION_OPEN_DAYS: 'many',
    APPORTION_COLOUR: 'red',
  });
  assert.equal(code, 1);
  assert.match(stderr, /APPORTION_OPEN_DAYS[\s\S]*APPORTION_COLOUR|APPORTION_COLOUR[\s\S]*APPORTION_OPEN_DAYS/);
});
