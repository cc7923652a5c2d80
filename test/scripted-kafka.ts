import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Delivery, GroupMember, KafkaAdmin, KafkaClient, MemberOptions } from '../runtime/kafka/client.ts';

/** A topic of one partition. */
export interface ScriptedTopic {
  readonly name: string;
  readonly values: readonly (Buffer | null)[];
}

/** What a member does once it has joined and was pointed to a position: it hands over, and fails or waits for its end. */
export type Life = (take: MemberOptions['take'], from: number) => Promise<void>;

/**
 * A client of one topic whose members do what a real broker cannot be made to do at a given moment.
 *
 * @param live the life of the next member; undefined when there should be no further one
 * @param admin what is answered otherwise than by a broker that is well
 */
export function scriptedKafka(
  { name, values }: ScriptedTopic,
  live: () => Life | undefined,
  admin: Partial<KafkaAdmin> = {},
): KafkaClient {
  const whole = {
    extents: async () => new Map([[0, { low: 0, end: values.length }]]),
    highWatermarks: async () => new Map([[0, values.length]]),
    deleteGroups: async () => {},
    close: async () => {},
    ...admin,
  };
  const member = ({ joined, take }: MemberOptions): GroupMember => {
    let from = 0;
    return {
      run: async (signal) => {
        const life: Life = live() ?? assert.fail('no further member is needed');
        joined({ memberId: 'one', assignment: { [name]: [0] } });
        await life(take, from);
        if (!signal.aborted) await once(signal, 'abort');
        throw signal.reason;
      },
      point: (wanted) => {
        from = wanted.get(`${name}/0`) ?? 0;
      },
      seek: () => {},
      commitHint: () => {},
      close: async () => {},
    };
  };
  return { admin: () => whole, member } as unknown as KafkaClient;
}

/** All of the topic from a position on, in one. */
export function deliveryOf({ name, values }: ScriptedTopic, from = 0): Delivery {
  return {
    topic: name,
    partition: 0,
    from,
    next: values.length,
    count: values.length - from,
    offsetAt: (index) => from + index,
    keyAt: () => null,
    valueAt: (index) => values[from + index] ?? null,
    timestampMsAt: () => 0,
    headersAt: () => [],
  };
}
