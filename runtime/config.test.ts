import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readSettings, variableOf } from './config.ts';
import { ApportionError } from './errors.ts';
import { settingsShape } from './settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'apportion-config-'));
after(() => rmSync(folder, { recursive: true }));
const needed = {
  APPORTION_KAFKA_BROKERS: 'a:1, b:2',
  APPORTION_SCHEMA_REGISTRY_URL: 'http://registry:8081',
  APPORTION_DATABASE_URL: 'postgres://u@db/apportion',
};

/** What the local stack writes. */
const local = Object.entries(needed)
  .map(([name, value]) => `${name}='${value}'\n`)
  .join('');

test('a variable stands above the file, and the file above what the local stack has written', () => {
  const localFile = file(
    'env',
    `${local}export APPORTION_OPEN_DAYS='1'\nAPPORTION_HORIZON_DAYS=2\n\n# note\nAPPORTION_MAX_CALL_HOURS="3"\n`,
  );
  const configFile = file('config.yaml', 'horizonDays: 20\nmaxCallHours: 30\n');
  const settings = readSettings({
    env: { APPORTION_MAX_CALL_HOURS: '300', HOME: '/' },
    configFile,
    localFile,
  });
  assert.deepEqual(
    [settings.openDays, settings.horizonDays, settings.maxCallHours, settings.kafkaBrokers],
    [1, 20, 300, ['a:1', 'b:2']],
  );
});

test('whoever names one server means none of the local stack', () => {
  const localFile = file('env', `${local}APPORTION_OPEN_DAYS=1\n`);
  const { APPORTION_DATABASE_URL: _, ...servers } = needed;
  const settings = readSettings({ env: servers, localFile });
  assert.deepEqual([settings.databaseUrl, settings.openDays], [undefined, 7]);
  assert.throws(
    () => readSettings({ env: { APPORTION_KAFKA_BROKERS: 'a:1' }, localFile }),
    /schemaRegistryUrl is missing/,
  );
  const configFile = file('config.yaml', 'kafkaBrokers: a:1\nschemaRegistryUrl: http://registry:8081\n');
  assert.equal(readSettings({ env: {}, configFile, localFile }).databaseUrl, undefined);
});

test('every key has its variable', () => {
  assert.equal(variableOf('openDayLinesPerSecond'), 'APPORTION_OPEN_DAY_LINES_PER_SECOND');
  const env = { ...needed, APPORTION_LOG_LEVEL: 'silent', APPORTION_TOPIC_PARTITIONS: '9' };
  const settings = readSettings({ env });
  assert.deepEqual([settings.logLevel, settings.topicPartitions], ['silent', 9]);
  assert.ok(Object.keys(settingsShape.shape).every((key) => /^APPORTION_[A-Z0-9_]+$/.test(variableOf(key))));
});

test('tells all faults at once, each with where it stands', () => {
  const localFile = file('bad-env', 'rm -rf /\n');
  const configFile = file('bad.yaml', 'openDay: 7\nopenDays: 0\n');
  const env = { APPORTION_KAFKA_BROKER: 'a:1', APPORTION_OPERATIONS_PORT: 'none' };
  assert.throws(
    () => readSettings({ env, configFile, localFile }),
    (error) => {
      assert.ok(error instanceof ApportionError);
      for (const part of [
        `${localFile} line 1`,
        `openDay in ${configFile} is no setting`,
        `openDays in ${configFile}:`,
        'APPORTION_KAFKA_BROKER in the environment is no setting',
        'APPORTION_OPERATIONS_PORT in the environment:',
        'schemaRegistryUrl is missing (APPORTION_SCHEMA_REGISTRY_URL',
      ]) {
        assert.ok(error.message.includes(part), `${part} in\n${error.message}`);
      }
      return error.code === 'bad_settings';
    },
  );
});

test('a file that is not there, no YAML or no map is a clear error', () => {
  for (const configFile of [join(folder, 'none'), file('broken.yaml', 'a: ['), file('list.yaml', '- a\n')]) {
    assert.throws(() => readSettings({ env: needed, configFile }), { code: 'bad_settings' });
  }
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
