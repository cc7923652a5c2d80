import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sha256 } from './canonical-json.ts';
import { documentDigest, documentText } from './document-text.ts';
import { allocate, line, report } from './testing/build.ts';

const rules = [
  { id: 'the "rule"', tier: 'a\\b', match: { service: 'S3' }, assign: { tenant: 'acme', product: 'asr' } },
];
const lines = [
  line({ billed: '1.5', effective: '-2', service: 'S3', region: 'eu', cluster: 'c', namespace: 'n', subAccount: 's' }),
  line({ billed: '0.25', service: 'S3', category: 'Credit' }),
];
const [document] = allocate({ rules }, { reports: [report({ lines })] }).documents;

it('a document is one line of JSON with the fields in the order of the file format', () => {
  assert.ok(document);
  const first =
    '{"source":"cast-ai","account":"prod","service":"S3","cluster":"","namespace":"","region":"","subAccount":"",' +
    '"category":"Credit","product":"asr","tier":"a\\\\b","ruleId":"the \\"rule\\"","method":"dedicated","driver":"",' +
    '"weight":"","totalWeight":"","billed":"0.25","effective":"0.25","reason":""}';
  const second =
    '{"source":"cast-ai","account":"prod","service":"S3","cluster":"c","namespace":"n","region":"eu",' +
    '"subAccount":"s","category":"Usage","product":"asr","tier":"a\\\\b","ruleId":"the \\"rule\\"",' +
    '"method":"dedicated","driver":"","weight":"","totalWeight":"","billed":"1.5","effective":"-2","reason":""}';
  const digest = sha256(`{"status":"final","lines":[${first},${second}]}`);
  assert.equal(document.digest, digest);
  assert.equal(
    documentText(document),
    '{"day":"2026-11-20","tenant":"acme","currency":"USD","status":"final","billed":"1.75","effective":"-1.75",' +
      `"calcVersion":1,"revision":1,"digest":"${digest}","lines":[${first},${second}]}`,
  );
});

it('the digest follows from status and lines, and from nothing else', () => {
  assert.ok(document);
  assert.equal(documentDigest('final', document.lines), document.digest);
  assert.notEqual(documentDigest('estimated', document.lines), document.digest);
  assert.notEqual(documentDigest('final', document.lines.slice(1)), document.digest);
  assert.equal(documentDigest('final', []), sha256('{"status":"final","lines":[]}'));
  const later = allocate({ rules }, { reports: [report({ lines })], stamp: { calcVersion: 5, revision: 77 } });
  assert.equal(later.documents[0]?.digest, document.digest);
  assert.equal(later.documents[0]?.revision, 77);
});

it('texts that JSON must escape are escaped, lone surrogates too', () => {
  const odd = '"\\\n\u2028\ud800';
  const { documents } = allocate(
    { rules: [] },
    { reports: [report({ lines: [line({ billed: '1', service: odd })] })] },
  );
  const [only] = documents;
  assert.ok(only);
  assert.equal(JSON.parse(documentText(only)).lines[0].service, odd);
});
