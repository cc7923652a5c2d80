import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sha256 } from './canonical-json.ts';
import { newestReport, reportText } from './newest-report.ts';
import { line, report } from './testing/build.ts';

it('of two reports the one observed later stands, whatever the order', () => {
  const [older, newer] = [report({ observedAt: 1, lines: [line({ billed: '9' })] }), report({ observedAt: 2 })];
  assert.equal(newestReport(older, newer), newer);
  assert.equal(newestReport(newer, older), newer);
});

it('of two reports observed at the same instant the one with the greater digest stands, whatever the order', () => {
  const reports = ['1', '2', '3', '4'].map((billed) => report({ observedAt: 7, lines: [line({ billed })] }));
  const greatest = reports.toSorted((a, b) => (sha256(reportText(a)) < sha256(reportText(b)) ? -1 : 1)).at(-1);
  assert.equal(reports.reduce(newestReport), greatest);
  assert.equal(reports.toReversed().reduce(newestReport), greatest);
});

it('the text of a report is its key-sorted JSON in the form of the file format', () => {
  const text = reportText(
    report({
      account: 'a',
      observedAt: Date.UTC(2026, 10, 21, 3),
      status: 'estimated',
      lines: [line({ billed: '1.50', effective: '1', tags: { b: '2', a: '1' }, service: 'S3' })],
    }),
  );
  assert.equal(
    text,
    '{"account":"a","currency":"USD","day":"2026-11-20","lines":[{"billed":"1.5","category":"Usage","cluster":"",' +
      '"effective":"1","namespace":"","region":"","resource":"","service":"S3","subAccount":"",' +
      '"tags":{"a":"1","b":"2"}}],"observedAt":"2026-11-21T03:00:00.000Z","source":"cast-ai","status":"estimated"}',
  );
});
