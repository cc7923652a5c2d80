import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { Kafka, logLevel } from 'kafkajs';
import { Client } from 'pg';
import type { ServerName } from '../../local/data-folder.ts';
import { runToEnd } from '../../local/run.ts';
import { resetStack, type StackAddresses, startStack, stopStack } from '../../local/stack.ts';
import { stackStatus } from '../../local/status.ts';
import { killServer, startServer, stopServer } from './single-server.ts';
import { eventually, temporaryFolder } from './stack.ts';

const silently = (): void => {};
const allRunning = { postgres: 'running', kafka: 'running', registry: 'running' };

describe('a local stack', () => {
  const home = temporaryFolder();
  const folder = join(home, 'stack');
  let stack: StackAddresses;

  after(() => resetStack(folder, silently));

  before(async () => {
    const [first, second] = await Promise.all([startStack(folder, silently), startStack(folder, silently)]);
    assert.deepEqual(first, second, 'two starts at once make one stack');
    stack = first;
    await keepSomething(stack);
  });

  test('answers on all three addresses when start returns', async () => {
    assert.deepEqual(await states(folder), allRunning);
    await demandKept(stack);
  });

  test('tells its addresses in a file of shell assignments that only its owner may read', async () => {
    const shell = await runToEnd('sh', ['-c', `. ${join(folder, 'env')} && echo $APPORTION_KAFKA_BROKERS`]);
    assert.equal(shell.output.trim(), stack.kafkaBrokers);
    assert.match(readFileSync(join(folder, 'env'), 'utf8'), /^APPORTION_SCHEMA_REGISTRY_URL=.*\/apis\/ccompat\/v7$/m);
  });

  test('is found by a second start, which starts nothing', async () => {
    const before = await stackStatus(folder);
    assert.deepEqual(await startStack(folder, silently), stack);
    assert.deepEqual(await stackStatus(folder), before);
  });

  test('keeps topics, schema ids, rows and addresses over stop and start', async () => {
    await stopStack(folder, silently);
    assert.deepEqual(await states(folder), { postgres: 'stopped', kafka: 'stopped', registry: 'stopped' });
    assert.deepEqual(await startStack(folder, silently), stack);
    await demandKept(stack);
  });

  test('has servers in Java go on from the classes that an earlier run has kept when it was stopped', async () => {
    const { kafka, registry } = await pids(folder);
    for (const [name, pid] of Object.entries({ kafka, registry })) {
      assert.match(readFileSync(`/proc/${pid}/maps`, 'utf8'), new RegExp(`/${name}-[0-9a-f]{12}\\.jsa$`, 'm'));
    }
  });

  for (const name of ['postgres', 'kafka', 'registry'] as const) {
    test(`shows that ${name} has crashed, and start heals it and leaves the others alone`, async () => {
      const before = await pids(folder);
      process.kill(before[name], 'SIGKILL');
      // Without Postgres the registry lives, and serves nobody.
      const silent = name === 'postgres' ? { registry: 'silent' } : {};
      await eventually(`status shows that ${name} has crashed`, async () => {
        assert.deepEqual(await states(folder), { ...allRunning, [name]: 'crashed', ...silent });
        return true;
      });
      await startStack(folder, silently);
      assert.deepEqual(await states(folder), allRunning);
      const after = await pids(folder);
      assert.deepEqual({ ...after, [name]: 0 }, { ...before, [name]: 0 });
      assert.notEqual(after[name], before[name]);
      await demandKept(stack);
    });
  }

  test('lets one server be stopped, killed and started again', async () => {
    await stopServer(folder, 'registry');
    await killServer(folder, 'postgres');
    assert.deepEqual(await states(folder), { postgres: 'stopped', kafka: 'running', registry: 'stopped' });
    await startServer(folder, 'postgres');
    await startServer(folder, 'registry');
    assert.deepEqual(await states(folder), allRunning);
    await demandKept(stack);
  });

  test('names who has taken a port, and touches nothing else', async (t) => {
    await stopServer(folder, 'postgres');
    const others = await pids(folder);
    const squatter = await listen(Number(new URL(stack.databaseUrl).port));
    t.after(() => squatter.close());
    await assert.rejects(startStack(folder, silently), {
      code: 'local_port_taken',
      message: new RegExp(`port ${portOf(squatter)}: node \\(process ${process.pid}\\)`),
    });
    assert.deepEqual(await pids(folder), others);
  });

  test('quotes the last words of a server that ends while starting', async (t) => {
    const file = join(folder, 'postgres', 'global', 'pg_control');
    renameSync(file, `${file}.away`);
    t.after(() => renameSync(`${file}.away`, file));
    await assert.rejects(startStack(folder, silently), {
      code: 'local_server_crashed',
      message: /PostgreSQL 18 ended while starting\. The end of .*postgres\.log:\n[\s\S]*pg_control/,
    });
    const { postgres } = await states(folder);
    assert.equal(postgres, 'stopped');
  });

  test('says that a part of its folder is gone, and still stops', async (t) => {
    const before = Object.values(await pids(folder)).filter((pid) => pid > 0);
    assert.equal(before.length, 2);
    const file = join(folder, 'postgres', 'PG_VERSION');
    renameSync(file, `${file}.away`);
    t.after(() => renameSync(`${file}.away`, file));
    await assert.rejects(startStack(folder, silently), {
      code: 'local_data_incomplete',
      message: /lost postgres\/PG_VERSION/,
    });
    await stopStack(folder, silently);
    await eventually('all processes are gone', () => !before.some(isAlive));
  });

  test('begins anew where a first start came to no end', async () => {
    const file = join(folder, 'stack.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"complete": true', '"complete": false'));
    assert.deepEqual(await startStack(folder, silently), stack);
    assert.deepEqual(await query(stack, "SELECT tablename FROM pg_tables WHERE tablename = 'kept'"), []);
  });

  test('is gone after reset, with all its data and nothing that others have put there', async () => {
    writeFileSync(join(folder, 'notes.txt'), 'not ours');
    const before = Object.values(await pids(folder));
    assert.equal(before.filter(isAlive).length, 3);
    await resetStack(folder, silently);
    assert.deepEqual(readdirSync(folder), ['notes.txt']);
    await eventually('all processes are gone', () => !before.some(isAlive));
    assert.deepEqual(await stackStatus(folder), []);
  });
});

describe('what the local stack needs', () => {
  test('without Java, start says so and starts nothing', async (t) => {
    const folder = join(temporaryFolder(), 'stack');
    environment(t, { PATH: '/nowhere', JAVA_HOME: '' });
    await assert.rejects(startStack(folder, silently), { code: 'local_java_missing', advice: /Install Java 17/ });
    assert.deepEqual(readdirSync(folder), ['stack.json']);
  });

  test('a JAVA_HOME without Java is named', async (t) => {
    environment(t, { JAVA_HOME: '/nowhere' });
    await assert.rejects(startStack(join(temporaryFolder(), 'stack'), silently), {
      code: 'local_java_missing',
      message: /\/nowhere\/bin\/java/,
    });
  });

  test('without Maven, start says so when it needs it', async (t) => {
    const home = temporaryFolder();
    const { output } = await runToEnd('which', ['java']);
    symlinkSync(output.trim(), join(home, 'java'));
    environment(t, { PATH: home, XDG_CACHE_HOME: home, JAVA_HOME: '' });
    await assert.rejects(startStack(join(home, 'stack'), silently), {
      code: 'local_maven_missing',
      advice: /Install Maven/,
    });
  });

  test("a download that fails gives Maven's reason, and leaves nothing half", async (t) => {
    const home = temporaryFolder();
    mkdirSync(join(home, '.m2'));
    writeFileSync(join(home, '.m2', 'settings.xml'), '<settings><offline>true</offline></settings>');
    environment(t, { XDG_CACHE_HOME: join(home, 'cache'), MAVEN_OPTS: `-Duser.home=${home}` });
    await assert.rejects(startStack(join(home, 'stack'), silently), {
      code: 'local_download_failed',
      message: /offline/,
    });
    assert.deepEqual(readdirSync(join(home, 'cache', 'apportion')), []);
  });
});

async function states(folder: string): Promise<Record<string, string>> {
  return Object.fromEntries((await stackStatus(folder)).map(({ name, state }) => [name, state]));
}

async function pids(folder: string): Promise<Record<ServerName, number>> {
  const status = await stackStatus(folder);
  const pidOf = (name: ServerName): number => status.find((server) => server.name === name)?.pid ?? 0;
  return { postgres: pidOf('postgres'), kafka: pidOf('kafka'), registry: pidOf('registry') };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** One topic, one schema and one row. */
async function keepSomething(stack: StackAddresses): Promise<void> {
  const admin = adminOf(stack);
  await admin.connect();
  // A broker that has just been started takes a moment to know a new topic's leader, which nobody needs here.
  await admin.createTopics({ topics: [{ topic: 'kept' }], waitForLeaders: false });
  await admin.disconnect();
  const response = await fetch(`${stack.schemaRegistryUrl}/subjects/kept/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: '"string"' }),
  });
  assert.deepEqual(await response.json(), { id: 1 });
  await query(stack, 'CREATE TABLE kept AS SELECT 42 AS answer');
}

async function demandKept(stack: StackAddresses): Promise<void> {
  const admin = adminOf(stack);
  await admin.connect();
  assert.deepEqual(await admin.listTopics(), ['kept']);
  await admin.disconnect();
  const response = await fetch(`${stack.schemaRegistryUrl}/schemas/ids/1`);
  assert.match(await response.text(), /"schema":"\\"string\\""/);
  assert.deepEqual(await query(stack, 'SELECT answer FROM kept'), [{ answer: 42 }]);
}

function adminOf(stack: StackAddresses) {
  return new Kafka({ brokers: [stack.kafkaBrokers], logLevel: logLevel.NOTHING }).admin();
}

async function query(stack: StackAddresses, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: stack.databaseUrl });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

/** Changes the environment for the length of the test. */
function environment(t: TestContext, change: Readonly<Record<string, string>>): void {
  const before = { ...process.env };
  Object.assign(process.env, change);
  t.after(() => {
    for (const name of Object.keys(change)) delete process.env[name];
    Object.assign(process.env, before);
  });
}
