import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { METERS, plus, type Sums } from './meters.ts';
import { addPoll, type ClosedWindow, type MeteredPod, openWindow } from './window.ts';

const { PROPERTY_RUNS = '500' } = process.env;

const LIMITS = { windowMs: 1000, maxGapMs: 2500 };

const pod = fc.record({
  owner: fc.constantFrom('Deployment/a', 'Deployment/b'),
  start: fc.integer({ min: -2000, max: 20_000 }),
  lifeMs: fc.option(fc.integer({ min: 0, max: 10_000 })),
  cpu: fc.bigInt({ min: 0n, max: 10n ** 12n }),
  isMeasured: fc.boolean(),
});

const asMetered = ({
  owner,
  start,
  lifeMs,
  cpu,
  isMeasured,
}: typeof pod extends fc.Arbitrary<infer T> ? T : never): MeteredPod => ({
  ...{ namespace: 'n', tenant: '', product: '', owner, start, end: lifeMs === null ? null : start + lifeMs },
  request: { cpu, memory: 1n },
  usage: isMeasured ? { cpu: 2n * cpu, memory: 3n } : null,
});

test('however polls and windows fall, each millisecond of a pod counts once', () => {
  const gaps = fc.array(fc.integer({ min: 0, max: LIMITS.maxGapMs }), { minLength: 1, maxLength: 15 });
  fc.assert(
    fc.property(fc.array(pod, { maxLength: 5 }), gaps, (drawn, gapsMs) => {
      const pods = drawn.map(asMetered);
      const { closed, until } = polled(pods, gapsMs);
      for (const owner of ['Deployment/a', 'Deployment/b']) {
        const own = pods.filter((each) => each.owner === owner);
        const expected = own.map((each) => sumsOf(each, overlapMs(each, 0, until))).reduce(plus, plus({}, {}));
        assert.deepEqual(totalOf(closed, owner), expected);
      }
      assert.equal(totalOf(closed, '').covered_seconds, BigInt(until));
    }),
    { numRuns: Number(PROPERTY_RUNS) },
  );
});

test('windows follow each other without overlap, and end where the clock says', () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 2 * LIMITS.maxGapMs }), { minLength: 1, maxLength: 15 });
  fc.assert(
    fc.property(gaps, (gapsMs) => {
      const { closed } = polled([], gapsMs);
      for (const [index, { from, to }] of closed.entries()) {
        assert.ok(from < to && from >= (closed[index - 1]?.to ?? 0));
        assert.equal(Math.floor(from / LIMITS.windowMs), Math.ceil(to / LIMITS.windowMs) - 1, 'within one window');
      }
    }),
    { numRuns: Number(PROPERTY_RUNS) },
  );
});

test('of a gap that is too long nothing is known', () => {
  const { open, closed } = addPoll({ ...openWindow(100), at: 400 }, [], 400 + LIMITS.maxGapMs + 1, LIMITS);
  assert.deepEqual(closed, [{ from: 100, to: 400, totals: [] }]);
  assert.deepEqual(open, openWindow(400 + LIMITS.maxGapMs + 1));
});

/** The windows that are closed after polls with these gaps between them, and the end of the last one. */
function polled(pods: readonly MeteredPod[], gapsMs: readonly number[]) {
  let open = openWindow(0);
  let now = 0;
  const closed: ClosedWindow[] = [];
  for (const gapMs of gapsMs) {
    now += gapMs;
    const next = addPoll(open, pods, now, LIMITS);
    closed.push(...next.closed);
    open = next.open;
  }
  return { closed, until: open.from };
}

function overlapMs({ start, end }: MeteredPod, from: number, to: number): bigint {
  return BigInt(Math.max(0, Math.min(to, end ?? to) - Math.max(from, start)));
}

function sumsOf({ request, usage }: MeteredPod, ms: bigint): Sums {
  return {
    cpu_usage_millicore_seconds: (usage?.cpu ?? 0n) * ms,
    cpu_request_millicore_seconds: request.cpu * ms,
    memory_usage_mib_seconds: (usage?.memory ?? 0n) * ms,
    memory_request_mib_seconds: request.memory * ms,
    pod_seconds: ms,
    unmeasured_pod_seconds: usage === null ? ms : 0n,
    covered_seconds: 0n,
  };
}

function totalOf(windows: readonly ClosedWindow[], owner: string): Sums {
  const totals = windows.flatMap(({ totals }) => totals).filter(({ of }) => of.owner === owner);
  const none: Sums = Object.fromEntries(METERS.map((meter) => [meter, 0n]));
  return totals.map(({ sums }) => sums).reduce(plus, none);
}
