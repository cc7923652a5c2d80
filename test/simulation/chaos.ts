/** Everything that can go wrong, in any order. */
import fc from 'fast-check';
import type { Pipeline } from './pipeline.ts';
import type { Reading } from './subscriber.ts';

export type Mishap =
  | { readonly is: 'send'; readonly count: number }
  /** One member takes some steps; `choice` picks among those that could come next. */
  | { readonly is: 'step'; readonly member: number; readonly choice: number; readonly times: number }
  | { readonly is: 'crash'; readonly member: number; readonly partition: number | null }
  /** Which of two members owns which partition; both own one whose letter is `b`, so that one of them is a zombie. */
  | { readonly is: 'rebalance'; readonly members: number; readonly owners: string }
  | { readonly is: 'wait'; readonly ms: number };

const member = fc.nat({ max: 3 });

export const mishaps: fc.Arbitrary<Mishap> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ is: fc.constant('send' as const), count: fc.integer({ min: 1, max: 6 }) }) },
  {
    weight: 12,
    arbitrary: fc.record({
      is: fc.constant('step' as const),
      member,
      choice: fc.nat({ max: 40 }),
      times: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      is: fc.constant('crash' as const),
      member,
      partition: fc.option(fc.nat({ max: 2 }), { nil: null }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      is: fc.constant('rebalance' as const),
      members: fc.constantFrom(0, 2),
      owners: fc.string({ unit: fc.constantFrom('0', '1', 'b'), minLength: 3, maxLength: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ is: fc.constant('wait' as const), ms: fc.constantFrom(1, 600, 1000, 5000) }) },
);

export const readings: fc.Arbitrary<Reading> = fc
  .tuple(fc.boolean(), fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([leaks, a, b]) => ({ leaks, againFrom: Math.min(a, b), againTo: Math.max(a, b), guard: true }));

export function happen(pipeline: Pipeline, mishap: Mishap): void {
  const { cluster, members } = pipeline;
  switch (mishap.is) {
    case 'send':
      pipeline.send(mishap.count);
      return;
    case 'step':
      for (let time = 0; time < mishap.times; time++) members[mishap.member]?.step(mishap.choice + time);
      return;
    case 'crash':
      members[mishap.member]?.crash(({ partition }) => mishap.partition === null || partition === mishap.partition);
      return;
    case 'rebalance':
      for (const which of [0, 1]) {
        members[mishap.members + which]?.rebalance(({ partition }) => {
          const owner = mishap.owners[partition % mishap.owners.length];
          return owner === 'b' || owner === String(which);
        });
      }
      return;
    case 'wait':
      cluster.nowMs += mishap.ms;
  }
}
