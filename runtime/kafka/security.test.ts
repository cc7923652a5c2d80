import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSettings } from '../config.ts';
import { createSecrets } from '../secrets.ts';
import { readSecurity } from './security.ts';

const needed = {
  APPORTION_KAFKA_BROKERS: 'a:1',
  APPORTION_SCHEMA_REGISTRY_URL: 'http://registry:8081',
  APPORTION_DATABASE_URL: 'postgres://u@db/apportion',
};
const secrets = createSecrets({ env: { PASSWORD: 'p', CA: 'ca', CERTIFICATE: 'cert', KEY: 'key' } });

test('brokers are spoken to in the open where nothing else is said', async () => {
  assert.deepEqual(await securityOf({}), { tls: null, sasl: null });
});

test('what a protocol takes is read from where the settings say', async () => {
  const sasl = {
    APPORTION_KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
    APPORTION_KAFKA_SASL_USERNAME: 'me',
    APPORTION_KAFKA_SASL_PASSWORD: 'env:PASSWORD',
  };
  const me = { mechanism: 'SCRAM-SHA-512', username: 'me', password: 'p' };
  const nothing = { ca: undefined, cert: undefined, key: undefined };
  assert.deepEqual(await securityOf({ ...sasl, APPORTION_KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT' }), {
    tls: null,
    sasl: me,
  });
  assert.deepEqual(await securityOf({ ...sasl, APPORTION_KAFKA_SECURITY_PROTOCOL: 'SASL_SSL' }), {
    tls: nothing,
    sasl: me,
  });
  const ssl = {
    APPORTION_KAFKA_SECURITY_PROTOCOL: 'SSL',
    APPORTION_KAFKA_SSL_CA: 'env:CA',
    APPORTION_KAFKA_SSL_CERTIFICATE: 'env:CERTIFICATE',
    APPORTION_KAFKA_SSL_KEY: 'env:KEY',
  };
  assert.deepEqual(await securityOf(ssl), { tls: { ca: 'ca', cert: 'cert', key: 'key' }, sasl: null });
});

test('what is missing for a protocol is told, and what it has no use for', () => {
  assertFaults({ APPORTION_KAFKA_SECURITY_PROTOCOL: 'SASL_SSL', APPORTION_KAFKA_SASL_USERNAME: 'me' }, [
    'kafkaSaslMechanism is missing (APPORTION_KAFKA_SASL_MECHANISM',
    'kafkaSaslPassword is missing (APPORTION_KAFKA_SASL_PASSWORD',
  ]);
  assertFaults({ APPORTION_KAFKA_SASL_PASSWORD: 'env:PASSWORD', APPORTION_KAFKA_SSL_CA: 'env:CA' }, [
    'APPORTION_KAFKA_SASL_PASSWORD in the environment: has no use with kafkaSecurityProtocol PLAINTEXT',
    'APPORTION_KAFKA_SSL_CA in the environment: has no use with kafkaSecurityProtocol PLAINTEXT',
  ]);
  assertFaults({ APPORTION_KAFKA_SECURITY_PROTOCOL: 'SSL', APPORTION_KAFKA_SSL_CERTIFICATE: 'env:CERTIFICATE' }, [
    'kafkaSslKey is missing (APPORTION_KAFKA_SSL_KEY',
  ]);
  assertFaults({ APPORTION_KAFKA_SECURITY_PROTOCOL: 'SSL', APPORTION_KAFKA_SSL_KEY: 'env:KEY' }, [
    'kafkaSslCertificate is missing (APPORTION_KAFKA_SSL_CERTIFICATE',
  ]);
});

test('a password never stands in the settings', () => {
  assertFaults(
    {
      APPORTION_KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
      APPORTION_KAFKA_SASL_MECHANISM: 'PLAIN',
      APPORTION_KAFKA_SASL_USERNAME: 'me',
      APPORTION_KAFKA_SASL_PASSWORD: 'hunter2',
    },
    ['APPORTION_KAFKA_SASL_PASSWORD in the environment: expected env:NAME, file:/path or secret:aws:NAME'],
  );
});

function securityOf(env: Readonly<Record<string, string>>) {
  return readSecurity(readSettings({ env: { ...needed, ...env } }), secrets);
}

function assertFaults(env: Readonly<Record<string, string>>, faults: readonly string[]): void {
  assert.throws(
    () => readSettings({ env: { ...needed, ...env } }),
    (error) => {
      assert.ok(error instanceof Error);
      const told = error.message.split('\n').slice(1);
      assert.equal(told.length, faults.length, error.message);
      for (const fault of faults) assert.ok(error.message.includes(fault), `${fault} in\n${error.message}`);
      return true;
    },
  );
}
