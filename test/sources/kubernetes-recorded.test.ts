/** The poller with what a real API server has answered to it: test/real-servers/kubernetes-poller.real.ts. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { refusal } from '../real-servers/fault.ts';
import {
  CLUSTER,
  clockAfter,
  MINUTE,
  ONE_WORKLOAD,
  polledBefore,
  TWO_WORKLOADS,
} from '../real-servers/kubernetes/polled-cluster.ts';
import { Replay } from '../real-servers/replay.ts';
import { expectedUsage, recordedPolls } from './kubernetes/recorded-polls.ts';
import type { Polled } from './polled.ts';
import { standingUsage } from './standing.ts';

test('pods in pages are metered to the second by what a person has made, a restart in the middle included', async (t) => {
  const { replay, instants, polled } = await metered(t);
  const { samples } = polled;
  assert.deepEqual(polled.status.warnings, []);
  assert.deepEqual(replay.unasked, []);
  assert.deepEqual(standingUsage(samples), expectedUsage(CLUSTER, recordedPolls('kubernetes/poller'), instants));
  assert.deepEqual(
    new Set(samples.map(({ namespace, owner }) => `${namespace} ${owner}`)),
    new Set([
      ...[' ', 'team-a Deployment/api', 'team-a CronJob/nightly'],
      ...['team-b StatefulSet/store', 'team-b DaemonSet/agent', 'team-b Pod/by-hand'],
    ]),
  );
  assert.ok(new Set(samples.map(({ windowEnd }) => windowEnd)).size >= 2);
});

test('a page that is cut, and a server that is too busy, change nothing of what is metered', async (t) => {
  const { samples } = (await metered(t)).polled;
  const { replay, polled } = await metered(t, (begun) => {
    begun.inject({ path: /continue=/, times: 2, fault: { kind: 'cut', afterBytes: 300 } });
    begun.inject({ path: /replicasets/, times: 2, fault: refusal(429, { 'retry-after': '0' }, {}) });
  });
  assert.deepEqual(polled.samples, samples);
  assert.deepEqual(replay.unasked, []);
});

test('a list that has expired between two pages is taken up, and no pod is missing', async (t) => {
  const name = 'kubernetes/expired-page';
  const { replay, polled, clock } = await opened(t, name, TWO_WORKLOADS);
  const instants = [clock.nowMs, clock.nowMs + MINUTE];
  await pollAt(instants, polled, clock);
  assert.deepEqual([polled.status.state, polled.status.warnings], ['ok', []]);
  assert.deepEqual(replay.unasked, []);
  const usage = standingUsage(polled.samples);
  assert.deepEqual(usage, expectedUsage(CLUSTER, recordedPolls(name), instants));
  assert.equal(sumOf(polled, 'pod_seconds'), 300);
});

test('while metrics-server is away, and until it has asked the nodes, usage is unknown, and requests are metered', async (t) => {
  const name = 'kubernetes/metrics-away';
  const { replay, polled, clock } = await opened(t, name, ONE_WORKLOAD);
  const instants = [0, 1, 2, 3].map((minutes) => clock.nowMs + minutes * MINUTE);
  const warnings = await pollAt(instants, polled, clock);
  assert.deepEqual(warnings, [
    [],
    ['real: nobody knows what pods use: what serves its Metrics API does not answer. What they request is metered.'],
    ['real: nobody knows what 2 running pods use, team-b/store-0 for one.'],
    [],
  ]);
  assert.deepEqual(replay.unasked, []);
  assert.deepEqual(standingUsage(polled.samples), expectedUsage(CLUSTER, recordedPolls(name), instants));
  assert.equal(sumOf(polled, 'unmeasured_pod_seconds'), 240);
  assert.equal(sumOf(polled, 'memory_usage_mib_seconds'), 120 * 2048);
  assert.equal(sumOf(polled, 'cpu_request_millicore_seconds'), 360 * 3000);
});

/** The polls of the recording at the instants at which they were made, with the restart before the last one. */
async function metered(t: TestContext, disturb: (replay: Replay) => void = () => {}) {
  const name = 'kubernetes/poller';
  const instants = recordedPolls(name).map(({ askedAt }) => askedAt ?? 0);
  const { replay, polled, clock } = await opened(t, name, '');
  disturb(replay);
  await pollAt(instants.slice(0, -1), polled, clock);
  polled.restart();
  await pollAt(instants.slice(-1), polled, clock);
  return { replay, polled, instants };
}

async function opened(t: TestContext, name: string, selector: string) {
  const replay = await Replay.start(t, name);
  const clock = clockAfter(recordedPolls(name).at(-1)?.askedAt ?? 0);
  return { replay, clock, polled: polledBefore(replay.url, clock, selector) };
}

/** Gives the warnings of each poll. */
async function pollAt(instants: readonly number[], polled: Polled, clock: { nowMs: number }) {
  const warnings: (readonly string[])[] = [];
  for (const instant of instants) {
    clock.nowMs = instant;
    await polled.poll();
    warnings.push(polled.status.warnings);
  }
  return warnings;
}

function sumOf({ samples }: Polled, meter: string): number {
  return samples.filter((sample) => sample.meter === meter).reduce((sum, { quantity }) => sum + quantity, 0);
}
