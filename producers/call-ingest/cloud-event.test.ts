import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineFault } from '../json-lines/line-fault.ts';
import { parseJsonText } from '../json-lines/parse-json.ts';
import { callOfEvent } from './cloud-event.ts';

const event = {
  specversion: '1.0',
  id: '4711',
  source: '/pbx/1',
  type: 'apportion.call.ended.v1',
  data: { tenant: 'acme', startedAt: '2026-05-09T07:30:00Z', endedAt: '2026-05-09T07:31:00Z' },
};
const read = (change: object): unknown => callOfEvent(parseJsonText(JSON.stringify({ ...event, ...change })));

test('the call is the data, with source and id of the event where it has none of its own', () => {
  assert.deepEqual(read({}), { ...event.data, source: '/pbx/1', callId: '4711' });
  const own = { ...event.data, source: 'pbx', callId: '7' };
  assert.deepEqual(read({ data: own }), own);
  // A null is never the same as absent: the call's own shape refuses it.
  assert.deepEqual(read({ data: { ...event.data, source: null } }), { ...event.data, callId: '4711', source: null });
});

test('attributes that mean nothing here are let be, and so are those that are null', () => {
  const more = {
    subject: 'x',
    time: '2026-05-09T07:31:00Z',
    partitionkey: 5,
    datacontenttype: null,
    data_base64: null,
  };
  assert.deepEqual(read(more), read({}));
  assert.deepEqual(read({ datacontenttype: 'application/json; charset=utf-8' }), read({}));
  assert.deepEqual(read({ datacontenttype: 'application/vnd.call+json' }), read({}));
});

test('what is no event of a call is refused, and says why', () => {
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ specversion: '0.3' }, /specversion: expected "1\.0"/],
    [{ specversion: 1.0 }, /specversion/],
    [{ id: '' }, /id: is empty/],
    [{ id: undefined }, /id: expected a text, found nothing/],
    [{ source: '' }, /source: is empty/],
    [{ source: null }, /source: expected a text, found null/],
    [{ type: 'apportion.call.ended.v2' }, /type: expected "apportion\.call\.ended\.v1"/],
    [{ type: undefined }, /type/],
    [{ datacontenttype: 'text/xml' }, /datacontenttype: expected a type of JSON/],
    [{ data_base64: 'e30=' }, /data_base64: bytes are not taken/],
    [{ data: undefined }, /data: expected a JSON object, found nothing/],
    [{ data: '{}' }, /data: expected a JSON object, found "\{\}"/],
    [{ data: [] }, /data: expected a JSON object, found an array/],
  ];
  for (const [change, detail] of cases) {
    const fault = read(change);
    assert.ok(fault instanceof LineFault, JSON.stringify(change));
    assert.equal(fault.reason, 'invalid');
    assert.match(fault.detail, detail);
  }
  for (const json of ['5', 'null', '[]', '"x"']) assert.ok(callOfEvent(parseJsonText(json)) instanceof LineFault);
});
