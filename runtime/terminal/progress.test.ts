import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startProgress } from './progress.ts';

function capture(isTTY: boolean): { stream: NodeJS.WriteStream; text: () => string } {
  let text = '';
  const write = (piece: string): boolean => {
    text += piece;
    return true;
  };
  const stream = { isTTY, write } as unknown as NodeJS.WriteStream;
  return { stream, text: () => text };
}

test('elsewhere than on a terminal progress is plain lines, a few seconds apart', () => {
  const { stream, text } = capture(false);
  let nowMs = 10_000;
  const progress = startProgress('Sending', stream, () => nowMs);
  progress.update(1_000, 60_000);
  nowMs += 100;
  progress.update(2_000, 60_000);
  nowMs += 5_000;
  progress.update(30_000, 60_000);
  progress.done('60,000 calls');
  assert.equal(text(), 'Sending: 1,000 of 60,000 (1 %)\nSending: 30,000 of 60,000 (50 %)\nSending: 60,000 calls\n');
});

test('on a terminal progress rewrites one line with a bar', () => {
  const { stream, text } = capture(true);
  const progress = startProgress('Sending', stream, () => 10_000);
  progress.update(30_000, 60_000);
  assert.equal(text(), `\r\u001b[2KSending: ${'█'.repeat(12)}${'░'.repeat(12)} 30,000 of 60,000 (50 %)`);
});
