import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Pod, podShape } from './pod.ts';
import { NANO } from './quantity.ts';

const at = (minute: number): string => `2026-03-10T06:${String(minute).padStart(2, '0')}:00Z`;
const metadata = { uid: 'u', namespace: 'n', name: 'p', creationTimestamp: at(0) };
const container = { name: 'app', image: 'app:1', resources: { requests: { cpu: '250m', 'nvidia.com/gpu': '1' } } };
const scheduled = { type: 'PodScheduled', status: 'True', lastTransitionTime: at(2), lastProbeTime: null };

function podOf(spec: object, status: object): Pod {
  return podShape.parse({ metadata, spec: { containers: [container], nodeName: 'node-1', ...spec }, status });
}

function lifeOf(spec: object, status: object): readonly (string | null)[] {
  const { start, end } = podOf(spec, status);
  return [start, end].map((instant) => (instant === null ? null : new Date(instant).toISOString().slice(14, 16)));
}

test('a pod lives from when it was given a node', () => {
  const running = { phase: 'Running', startTime: at(3) };
  assert.deepEqual(lifeOf({}, { ...running, conditions: [scheduled] }), ['02', null]);
  assert.deepEqual(lifeOf({}, { ...running, conditions: [{ ...scheduled, status: 'False' }] }), ['03', null]);
  assert.deepEqual(lifeOf({}, { phase: 'Pending' }), ['00', null]);
  assert.deepEqual(lifeOf({ nodeName: undefined }, { phase: 'Pending', conditions: null }), [null, null]);
});

test('a pod lives until the last of its containers has ended', () => {
  const ended = (minute: number) => ({
    name: `c${minute}`,
    state: { terminated: { exitCode: 1, finishedAt: at(minute) } },
  });
  const containerStatuses = [ended(7), ended(9), { name: 'stuck', state: { waiting: { reason: 'Error' } } }];
  const status = { conditions: [scheduled], containerStatuses, initContainerStatuses: [ended(4)] };
  assert.deepEqual(lifeOf({}, { phase: 'Failed', ...status }), ['02', '09']);
  assert.deepEqual(lifeOf({}, { phase: 'Running', ...status }), ['02', null], 'containers are started again');
});

test('a pod that was evicted before any container began has ended when it last changed', () => {
  const disrupted = { type: 'DisruptionTarget', status: 'True', lastTransitionTime: at(8) };
  assert.deepEqual(lifeOf({}, { phase: 'Failed', conditions: [scheduled, disrupted] }), ['02', '08']);
  assert.deepEqual(lifeOf({}, { phase: 'Failed', reason: 'NodeAffinity' }), ['00', '00']);
});

test('what a pod asks for is found in all the places where it may stand', () => {
  const status = { phase: 'Running', containerStatuses: [{ name: 'app', resources: { requests: { cpu: '400m' } } }] };
  const initContainers = [{ name: 'proxy', restartPolicy: 'Always', resources: { requests: { memory: '1Gi' } } }];
  const spec = { initContainers, overhead: { cpu: '100m', memory: '16Mi' } };
  assert.deepEqual(podOf(spec, status).request, { cpu: NANO / 2n, memory: 1040n * 2n ** 20n * NANO });
  const { request } = podOf({ ...spec, resources: { requests: { cpu: '2' } } }, status);
  assert.equal(request.cpu, 2n * NANO + NANO / 10n);
});

test('an unreadable quantity is refused with its place', () => {
  for (const cpu of ['1 core', '-1', '']) {
    const spec = { containers: [{ name: 'app', resources: { requests: { cpu } } }] };
    const { error } = podShape.safeParse({ metadata, spec, status: {} });
    assert.equal(error?.issues[0]?.path.join('.'), 'spec.containers.0.resources.requests.cpu');
  }
});
