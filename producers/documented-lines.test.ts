import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseCallLine } from './json-lines/call-line.ts';
import { parseCostReportLine } from './json-lines/cost-report-line.ts';
import { LineFault } from './json-lines/line-fault.ts';
import { parseUsageLine } from './json-lines/usage-line.ts';

test('the lines that the documentation shows are read', async () => {
  const page = await readFile(join(import.meta.dirname, '../docs/bring-your-own-data.md'), 'utf8');
  const [, block = ''] = /```json\n(.*?)\n```/s.exec(page) ?? [];
  const [call = '', sample = '', report = ''] = block.split('\n');
  const now = Date.parse('2026-05-10T06:00:00Z');
  for (const value of [
    parseCallLine(call, now, { maxCallMs: 86_400_000 }),
    parseUsageLine(sample, now),
    parseCostReportLine(report),
  ]) {
    assert.equal(value instanceof LineFault ? value.detail : null, null);
  }
});
