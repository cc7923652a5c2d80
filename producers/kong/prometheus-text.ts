import { LineFault } from '../json-lines/line-fault.ts';

/** One sample: the text of its number is as it came. */
export interface MetricSample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  /** A decimal number, `+Inf`, `-Inf` or `NaN`. */
  readonly value: string;
}

/**
 * Reads the text format of Prometheus, version 0.0.4, whole or not at all: a page that is cut off, or of something else,
 * must not pass for one in which some counters are missing. Timestamps, exemplars and comments (HELP and TYPE too) are
 * left out. Format: https://prometheus.io/docs/instrumenting/exposition_formats/
 *
 * The parser that npm has (parse-prometheus-text-format 1.1.1) takes HTML for samples, drops lines that are cut off, and
 * lets the last of two equal series stand.
 */
export function parsePrometheusText(text: string): readonly MetricSample[] | LineFault {
  if (text !== '' && !text.endsWith('\n')) {
    return new LineFault('invalid', 'The text does not end with a line feed: some of it is missing.');
  }
  const samples: MetricSample[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (BLANK_OR_COMMENT.test(line)) continue;
    const sample = parseSample(line);
    // Without the line itself, which may repeat what nobody should read.
    if (sample === null) return new LineFault('invalid', `Line ${index + 1} is neither a sample nor a comment.`);
    samples.push(sample);
  }
  return samples;
}

const BLANK_OR_COMMENT = /^[ \t\r]*(#|$)/;

/** Name, then either labels in braces or a blank, then the value; what may follow is a timestamp and an exemplar. */
const SAMPLE = new RegExp(
  [
    /^[ \t]*([a-zA-Z_:][a-zA-Z0-9_:]*)/,
    /(?:[ \t]*\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\}[ \t]*|[ \t]+)/,
    /([+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[Ii]nf|[Nn]a[Nn]))/,
    /(?:[ \t]+[+-]?\d+(?:\.\d+)?)?[ \t\r]*(?:#.*)?$/,
  ]
    .map(({ source }) => source)
    .join(''),
  's',
);

function parseSample(line: string): MetricSample | null {
  const [, name, inBraces = '', value] = SAMPLE.exec(line) ?? [];
  const labels = parseLabels(inBraces.trimEnd());
  return name === undefined || value === undefined || labels === null ? null : { name, labels, value };
}

const LABEL = /[ \t]*([a-zA-Z_]\w*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"[ \t]*(?:,[ \t]*|$)/sy;

/** Null when it is anything but labels, or one of them comes twice. */
function parseLabels(text: string): ReadonlyMap<string, string> | null {
  const labels = new Map<string, string>();
  for (let at = 0; at < text.length; at = LABEL.lastIndex) {
    LABEL.lastIndex = at;
    const [, name, value] = LABEL.exec(text) ?? [];
    if (name === undefined || value === undefined || labels.has(name)) return null;
    labels.set(name, unescaped(value));
  }
  return labels;
}

/** As Prometheus itself does, a backslash before anything else is a backslash. */
function unescaped(text: string): string {
  return text.replace(/\\([\\"n])/g, (_, character: string) => (character === 'n' ? '\n' : character));
}
