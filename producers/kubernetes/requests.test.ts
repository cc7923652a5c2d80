import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Asked, effectiveRequest } from './requests.ts';

type Container = Asked['containers'][number];

const container = (cpu: bigint, name = `c${cpu}`): Container => ({ name, resources: { cpu }, restartPolicy: null });
const sidecar = (cpu: bigint, name = `s${cpu}`): Container => ({ ...container(cpu, name), restartPolicy: 'Always' });

function cpuOf(asked: Partial<Asked>): bigint {
  const nothing = { containers: [], initContainers: [], pod: {}, overhead: {}, granted: [] };
  return effectiveRequest({ ...nothing, ...asked }).cpu;
}

test('containers and sidecars count together', () => {
  assert.equal(cpuOf({ containers: [container(2n), container(3n)] }), 5n);
  assert.equal(cpuOf({ containers: [container(2n)], initContainers: [sidecar(4n), sidecar(1n)] }), 7n);
});

test('an init container counts beside the sidecars that start before it, if that is more', () => {
  assert.equal(cpuOf({ containers: [container(2n)], initContainers: [container(9n), container(5n)] }), 9n);
  assert.equal(cpuOf({ containers: [container(2n)], initContainers: [container(9n), sidecar(3n)] }), 9n);
  assert.equal(cpuOf({ containers: [container(2n)], initContainers: [sidecar(3n), container(9n)] }), 12n);
  assert.equal(cpuOf({ containers: [container(8n)], initContainers: [sidecar(3n), container(7n)] }), 11n);
});

test('the overhead of the runtime comes on top', () => {
  assert.equal(cpuOf({ containers: [container(2n)], initContainers: [container(9n)], overhead: { cpu: 1n } }), 10n);
});

test('what the pod as a whole asks for stands for its containers', () => {
  assert.equal(cpuOf({ containers: [container(2n)], pod: { cpu: 6n }, overhead: { cpu: 1n } }), 7n);
  assert.equal(cpuOf({ containers: [container(2n)], pod: { memory: 6n } }), 2n);
});

test('what a container was granted counts, whatever it asks for by now', () => {
  const granted = [{ name: 'app', resources: { cpu: 4n } }];
  assert.equal(cpuOf({ containers: [container(2n, 'app'), container(3n, 'other')], granted }), 7n);
  assert.equal(cpuOf({ containers: [container(2n, 'app')], granted: [{ name: 'app', resources: {} }] }), 2n);
});

test('without any request there is none', () => {
  assert.deepEqual(
    effectiveRequest({
      containers: [{ name: 'app', resources: {}, restartPolicy: null }],
      initContainers: [],
      pod: {},
      overhead: {},
      granted: [],
    }),
    { cpu: 0n, memory: 0n },
  );
});
