import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineFault } from '../json-lines/line-fault.ts';
import { parsePrometheusText } from './prometheus-text.ts';

const names = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/);
const texts = fc.string({
  unit: fc.oneof(fc.constantFrom('\\', '"', '\n', '}', '{', ',', '#', ' ', 'n'), fc.string()),
});
const values = fc.oneof(
  fc.nat().map(String),
  fc.double({ noDefaultInfinity: true, noNaN: true }).map(String),
  fc.nat().map((count) => count.toExponential()),
  fc.constantFrom('+Inf', '-Inf', 'NaN', 'inf', 'nan', '.5', '5.', '1E+06'),
);
const labels = fc.uniqueArray(fc.tuple(names, texts), { selector: ([name]) => name });
const samples = fc.record({ name: names, labels, value: values }, { noNullPrototype: true });

type Sample = typeof samples extends fc.Arbitrary<infer T> ? T : never;

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

function lineOf({ name, labels, value }: Sample, tail: string): string {
  const pairs = labels.map(([label, text]) => `${label}="${escaped(text)}"`);
  return `# HELP ${name} Text of any kind, {a="b"} 1\n# TYPE ${name} counter\n${name}${
    pairs.length > 0 ? `{${pairs.join(',')}}` : ''
  } ${value}${tail}\n`;
}

const shown = (text: string): unknown => {
  const parsed = parsePrometheusText(text);
  assert.ok(!(parsed instanceof LineFault), parsed instanceof LineFault ? parsed.detail : '');
  return parsed.map(({ name, labels, value }) => ({ name, labels: [...labels], value }));
};

test('what is written in the format is read back, whatever the labels hold, and the number keeps its text', () => {
  const tails = fc.constantFrom('', ' 1395066363000', ' ', ' 1520879607.789 # {trace_id="a"} 0.67 1.5', '\r');
  fc.assert(
    fc.property(fc.array(samples, { maxLength: 5 }), tails, (written, tail) => {
      assert.deepEqual(shown(written.map((sample) => lineOf(sample, tail)).join('')), written);
    }),
  );
});

test('a text that is cut off anywhere but after a line is no text', () => {
  fc.assert(
    fc.property(fc.array(samples, { minLength: 1, maxLength: 3 }), fc.nat(), (written, at) => {
      const text = written.map((sample) => lineOf(sample, '')).join('');
      const cut = text.slice(0, 1 + (at % (text.length - 1)));
      if (!cut.endsWith('\n')) assert.ok(parsePrometheusText(cut) instanceof LineFault, cut);
    }),
  );
});

test('blanks, a comma at the end and empty braces are allowed', () => {
  assert.deepEqual(shown('\n  a  1\nb{} 2\nc { x = "1" , y="2", } 3\n\td{x=""}4\n'), [
    { name: 'a', labels: [], value: '1' },
    { name: 'b', labels: [], value: '2' },
    {
      name: 'c',
      labels: [
        ['x', '1'],
        ['y', '2'],
      ],
      value: '3',
    },
    { name: 'd', labels: [['x', '']], value: '4' },
  ]);
});

test('a backslash before any other character is itself', () => {
  assert.deepEqual(shown('a{path="C:\\dir\\\\new"} 1\n'), [
    { name: 'a', labels: [['path', 'C:\\dir\\new']], value: '1' },
  ]);
});

for (const [what, line] of Object.entries({
  'a page of HTML': '<html><body>Please sign in</body></html>',
  'an object of JSON': '{"items":"none"}',
  'a name alone': 'kong_http_requests_total',
  'a name that ends in a digit': 'kong_http_requests_total1',
  'a number that is none': 'a 0x10',
  'a value too many': 'a 1 2 3',
  'a label without quotes': 'a{b=c} 1',
  'a label twice': 'a{b="1",b="2"} 1',
  'an open brace': 'a{b="1" 1',
  'an open quote': 'a{b="1} 1',
  'two commas': 'a{b="1",,c="2"} 1',
  'a name with a dot': 'a.b 1',
})) {
  test(`${what} is no sample, and is told by its line`, () => {
    const parsed = parsePrometheusText(`ok 1\n${line}\n`);
    assert.ok(parsed instanceof LineFault);
    assert.equal(parsed.detail, 'Line 2 is neither a sample nor a comment.');
  });
}

test('a line that fits almost takes no longer than one that fits', () => {
  const begin = performance.now();
  assert.ok(parsePrometheusText(`a{${'b="1",'.repeat(50_000)}} x\n`) instanceof LineFault);
  assert.ok(parsePrometheusText(`a{${'b'.repeat(300_000)}\n`) instanceof LineFault);
  assert.ok(performance.now() - begin < 2_000);
});
