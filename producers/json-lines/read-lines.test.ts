import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineFault } from './line-fault.ts';
import { type NumberedLine, readLines } from './read-lines.ts';

const { PROPERTY_RUNS = '500' } = process.env;

async function read(chunks: readonly (string | Buffer)[], maxLineBytes?: number): Promise<NumberedLine[]> {
  async function* bytes() {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  const lines: NumberedLine[] = [];
  for await (const some of readLines(bytes(), maxLineBytes)) lines.push(...some);
  return lines;
}

test('lines are numbered from 1, blank ones are counted and left out', async () => {
  assert.deepEqual(await read(['a\n\n  \r\nb\r\n', 'c']), [
    { number: 1, text: 'a' },
    { number: 4, text: 'b\r' },
    { number: 5, text: 'c' },
  ]);
  assert.deepEqual(await read([]), []);
  assert.deepEqual(await read(['\n']), []);
});

test('a byte order mark before the first line is no part of it', async () => {
  assert.deepEqual(await read(['\ufeffa\n\ufeffb']), [
    { number: 1, text: 'a' },
    { number: 2, text: '\ufeffb' },
  ]);
});

test('a line that is not UTF-8 is a fault, and the next one is read', async () => {
  const [first, second] = await read([Buffer.from([0x61, 0xff, 0x0a]), 'ä']);
  assert.ok(first?.text instanceof LineFault);
  assert.deepEqual(second, { number: 2, text: 'ä' });
});

test('a line is taken up to the limit, and beyond it is a fault and not kept', async () => {
  const lines = await read(['12345678\n', '1234', '56789', '012345678901234567890\n', 'x\n'], 8);
  assert.equal(lines[0]?.text, '12345678');
  assert.ok(lines[1]?.text instanceof LineFault);
  assert.equal(lines[1].text.reason, 'too_large');
  assert.deepEqual(lines[2], { number: 3, text: 'x' });
});

test('where chunks are cut makes no difference, not even within a character', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('a', 'ä', '😀', '\n', '\r\n', ' ')),
      fc.infiniteStream(fc.nat(5)),
      async (pieces, cuts) => {
        const whole = Buffer.from(pieces.join(''));
        const chunks: Buffer[] = [];
        for (let at = 0; at < whole.length; ) {
          const length = cuts.next().value ?? 1;
          chunks.push(whole.subarray(at, at + length));
          at += length;
          if (length === 0) chunks.push(whole.subarray(at, ++at));
        }
        assert.deepEqual(await read(chunks), await read([whole]));
      },
    ),
    { numRuns: Number(PROPERTY_RUNS) },
  );
});
