import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { focusFile } from '../focus-file.ts';
import { readPollerSettings } from '../polling/settings.ts';
import { focusFileShape } from './config.ts';

const read = (settings: unknown) => readPollerSettings('focus-file', focusFile, settings);
const page = await readFile(join(import.meta.dirname, '../../docs/sources/focus-file.md'), 'utf8');

test('every setting is documented, and the documented settings are accepted', () => {
  const s3 = Object.keys(focusFileShape.shape.s3.unwrap().shape).map((key) => `s3.${key}`);
  for (const key of [...Object.keys(focusFileShape.shape), ...s3]) {
    if (key !== 's3') assert.ok(page.includes(`\`${key}\``), key);
  }
  const [, example = ''] = /```yaml\n(.*?)\n```/s.exec(page) ?? [];
  const { pollers } = parse(example);
  assert.equal(read(pollers['focus-file']).common.schedule, '*/15 * * * *');
});

test('unknown settings of S3 are refused with their path, credentials above all', () => {
  assert.throws(() => read({ paths: ['s3://b/'], s3: { accessKeyId: 'x', endpoint: 'nowhere' } }), {
    code: 'bad_settings',
    message: /pollers\.focus-file\.s3\.endpoint[\s\S]*pollers\.focus-file\.s3: .*"accessKeyId"/,
  });
});
