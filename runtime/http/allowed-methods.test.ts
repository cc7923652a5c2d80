import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AllowedMethods } from './allowed-methods.ts';

test('a path has the methods of every route that fits it', () => {
  const methods = new AllowedMethods();
  methods.add('/v1/calls', 'POST');
  methods.add('/v1/tenants/:id', ['GET', 'HEAD']);
  methods.add('/v1/tenants/:id', 'DELETE');
  methods.add('/v1/tenants/all', 'POST');
  methods.add('/assets/*', 'GET');
  assert.deepEqual(methods.at('/v1/calls'), ['POST']);
  assert.deepEqual(methods.at('/v1/tenants/acme'), ['DELETE', 'GET', 'HEAD']);
  assert.deepEqual(methods.at('/v1/tenants/all'), ['DELETE', 'GET', 'HEAD', 'POST']);
  assert.deepEqual(methods.at('/assets/a/b.css'), ['GET']);
  for (const path of ['/', '/v1/call', '/v1/calls/', '/v1/tenants/', '/v1/tenants/a/b', '/v1xcalls']) {
    assert.deepEqual(methods.at(path), [], path);
  }
});
