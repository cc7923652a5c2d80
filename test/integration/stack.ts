/** What integration tests run on: the real servers, and something of its own in them for each test file. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { resetStack, type StackAddresses, startStack } from '../../local/stack.ts';
import { TEST_FOLDER } from '../runner/leftovers.ts';

/** The names under which the test runner tells the addresses of the stack that it has started. */
export const stackEnvironment = {
  kafkaBrokers: 'TEST_KAFKA_BROKERS',
  schemaRegistryUrl: 'TEST_SCHEMA_REGISTRY_URL',
  databaseUrl: 'TEST_DATABASE_URL',
} as const;

/**
 * The stack that all test files share: nobody stops a server of it. Without a runner it is one in a fixed temporary
 * folder, started when it is not running, and left running for the next time.
 */
export async function testStack(): Promise<StackAddresses> {
  const kafkaBrokers = process.env[stackEnvironment.kafkaBrokers];
  const schemaRegistryUrl = process.env[stackEnvironment.schemaRegistryUrl];
  const databaseUrl = process.env[stackEnvironment.databaseUrl];
  if (kafkaBrokers !== undefined && schemaRegistryUrl !== undefined && databaseUrl !== undefined) {
    return { kafkaBrokers, schemaRegistryUrl, databaseUrl };
  }
  return startStack(join(tmpdir(), 'apportion-test-stack'), () => {});
}

/** A stack of the test's own, whose servers it may stop and kill; gone after the test. */
export async function ownStack(): Promise<StackAddresses & { readonly dataFolder: string }> {
  const dataFolder = newTemporaryFolder();
  after(() => resetStack(dataFolder, () => {}));
  return { dataFolder, ...(await startStack(dataFolder, () => {})) };
}

/** An empty folder, gone after the test. */
export function temporaryFolder(): string {
  const folder = newTemporaryFolder();
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** In the folder of the test runner, which ends what a test that was cut off has left there. */
function newTemporaryFolder(): string {
  return mkdtempSync(join(process.env[TEST_FOLDER] ?? tmpdir(), 'apportion-test-'));
}

/** A topic prefix that nobody else uses. */
export function freshPrefix(): string {
  return `test-${randomBytes(6).toString('hex')}.`;
}

/** The URL of an empty database of the test's own, dropped after the test (or the suite, or the file) that asks. */
export async function freshDatabase(): Promise<string> {
  const { databaseUrl } = await testStack();
  const own = new URL(await createDatabase(databaseUrl));
  const drop = `DROP DATABASE IF EXISTS ${own.pathname.slice(1)} WITH (FORCE)`;
  // Force is refused while the server itself vacuums there.
  after(() => eventually('the database is dropped', () => query(databaseUrl, drop).then(() => true)));
  return own.href;
}

/** The URL of an empty database on a server of the test's own, with which it goes. */
export async function createDatabase(serverUrl: string, tablespace?: string): Promise<string> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await query(serverUrl, `CREATE DATABASE ${name}${tablespace === undefined ? '' : ` TABLESPACE ${tablespace}`}`);
  const url = new URL(serverUrl);
  url.pathname = name;
  return url.href;
}

/** One statement on a connection of its own. */
export async function query(databaseUrl: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/**
 * Asks again and again until the condition gives something other than false, null or undefined, and gives that.
 * A condition that throws is asked again too. Fails after `limitMs`, saying what was waited for and what came last.
 */
export async function eventually<T>(
  what: string,
  condition: () => T | false | null | undefined | Promise<T | false | null | undefined>,
  limitMs = 30_000,
): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    let last: unknown;
    try {
      const value = await condition();
      if (value !== false && value !== null && value !== undefined) {
        return value;
      }
      last = value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      throw new Error(`Waited ${limitMs} ms in vain for: ${what} (last: ${last})`, { cause: last });
    }
    await sleep(20);
  }
}
