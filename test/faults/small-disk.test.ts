import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from 'pg';
import { freshDatabase, testStack } from '../integration/stack.ts';
import { databaseOnSmallDisk, databaseWithTrigger } from './small-disk.ts';

const { databaseUrl } = await testStack();
const ways = {
  'a full disk': () => databaseOnSmallDisk(databaseUrl),
  'a trigger that stands for one': async () => databaseWithTrigger(await freshDatabase()),
};

for (const [name, open] of Object.entries(ways)) {
  test(`${name} refuses what the sink writes, with the error that Postgres has for it, until there is space again`, async () => {
    await using disk = await open();
    const client = new Client({ connectionString: disk.databaseUrl });
    await client.connect();
    try {
      await client.query('CREATE TABLE sink_offset (n integer, filler text)');
      await client.query('INSERT INTO sink_offset VALUES (0)');
      const write = async (): Promise<void> => {
        await client.query('UPDATE sink_offset SET n = n + 1 WHERE n < 0');
        await client.query("INSERT INTO sink_offset SELECT g, repeat('x', 1000) FROM generate_series(1, 1000) g");
      };
      await write();
      await disk.fill();
      await assert.rejects(write(), { code: '53100' });
      await disk.free();
      await write();
    } finally {
      await client.end();
    }
  });
}
