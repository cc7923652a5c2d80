import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { calls, costReports, deadLetters, type Topic } from '../../schemas/topics.ts';
import type { OutputRecord } from '../task.ts';
import { maxMessageBytes, SEND_BYTES, sendsOf } from './batches.ts';

const topics = [calls, costReports, deadLetters];
const MIB = 1024 * 1024;

test('no send carries more of a topic than a record batch may hold, and every record comes once and in order', () => {
  const sizes = fc.array(fc.tuple(fc.nat(2), fc.oneof(fc.nat(2000), fc.integer({ min: 0, max: MIB }))), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(sizes, (spec) => {
      const records = spec.map(([topic, size], index) => record(topics[topic], size, `k${index}`));
      const sends = sendsOf('p.', records);
      for (const send of sends) {
        assert.ok(send.length > 0);
        for (const { topic, records: sent } of send) {
          const bytes = sent.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
          const declared = topics.find((each) => `p.${each.name}` === topic);
          assert.ok(declared && bytes <= maxMessageBytes(declared));
          assert.ok(sent.length === 1 || bytes <= SEND_BYTES);
        }
      }
      for (const topic of topics) {
        const sent = sends
          .flat()
          .filter((part) => part.topic === `p.${topic.name}`)
          .flatMap((part) => part.records);
        const given = records.filter((each) => each.topic === topic);
        assert.deepEqual(
          sent.map(({ key }) => key),
          given.map((each) => each.key),
        );
      }
    }),
    { numRuns: 100 },
  );
});

test('nothing is no send', () => {
  assert.deepEqual(sendsOf('', []), []);
});

test('a record above what its topic takes is refused, one at the limit is not', () => {
  assert.equal(sendsOf('', [record(topics[0], MIB, 'k')]).length, 1);
  assert.throws(
    () => sendsOf('', [record(topics[0], MIB + 1, 'call-7')]),
    (error: Error) => {
      return 'code' in error && error.code === 'record_too_large' && error.message.includes('call-7');
    },
  );
  assert.throws(() => sendsOf('', [record(topics[0], 1, 'k'.repeat(64 * 1024))]), { code: 'record_too_large' });
});

function record(topic: Topic<never> | undefined, size: number, key: string): OutputRecord {
  assert.ok(topic);
  return { topic, key, route: key, value: Buffer.alloc(size) };
}
