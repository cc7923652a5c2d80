import type { z } from 'zod';

/** What is wrong with a catalog, and where: `rules[2].split.weights.acme`. */
export interface Fault {
  readonly path: string;
  readonly message: string;
}

type Path = readonly PropertyKey[];

/** What a shape made of a value: the value as far as it can be judged further, and what is wrong with it. */
export interface Shaped<T> {
  /** Null when too little is left to judge. */
  readonly value: T | null;
  /** Whether `value` is all that was written, but for keys that are not known. */
  readonly whole: boolean;
  readonly faults: readonly Fault[];
}

/**
 * Reads a value by a shape, and goes on past its faults: unknown keys and wrong optional fields are cut out and the
 * rest read again, so that one typing mistake does not hide the faults behind it.
 */
export function readShape<T>(shape: z.ZodType<T>, input: unknown, prefix: string): Shaped<T> {
  const first = shape.safeParse(input);
  if (first.success) return { value: first.data, whole: true, faults: [] };
  const issues = first.error.issues;
  const faults = issues.flatMap((issue) => faultsOf(issue, input, prefix));
  const rest = structuredClone(input);
  for (const issue of issues) cut(rest, issue);
  const second = shape.safeParse(rest);
  return {
    value: second.success ? second.data : null,
    whole: issues.every((issue) => issue.code === 'unrecognized_keys'),
    faults,
  };
}

/** Writes a path as people do: `rules[2].match["tags.team"]`. */
export function pathText(prefix: string, path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    const name = String(key);
    if (!/^\w+$/.test(name)) return `${text}[${JSON.stringify(name)}]`;
    return text === '' ? name : `${text}.${name}`;
  }, prefix);
}

function faultsOf(issue: z.core.$ZodIssue, input: unknown, prefix: string): Fault[] {
  const path = pathText(prefix, issue.path);
  const value = valueAt(input, issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: pathText(path, [key]), message: 'is not known here' }));
  }
  if (value === undefined) return [{ path, message: 'is missing' }];
  if (issue.code === 'invalid_union' && issue.path.at(-2) === 'otherwise') {
    // A fallback is a `leave` or a split; only the faults of the one that was meant help anybody.
    const meant = isObject(value) && 'leave' in value ? issue.errors[0] : issue.errors[1];
    return (meant ?? []).flatMap((nested) => faultsOf(nested, value, path));
  }
  return [{ path, message: messageOf(issue) }];
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message;
  if (issue.code === 'too_small') return 'needs at least one element';
  if (issue.code === 'invalid_type' && issue.expected === 'array') return 'is not a list';
  if (issue.code === 'invalid_type' && ['object', 'record'].includes(issue.expected)) return 'is not a mapping';
  return issue.message;
}

/** Cuts out what an issue is about. A list keeps the places of its elements: a hole stays where one was. */
function cut(input: unknown, issue: z.core.$ZodIssue): void {
  const owner = valueAt(input, issue.code === 'unrecognized_keys' ? issue.path : issue.path.slice(0, -1));
  const keys = issue.code === 'unrecognized_keys' ? issue.keys : issue.path.slice(-1);
  if (!isObject(owner)) return;
  for (const key of keys) Reflect.deleteProperty(owner, key);
}

function valueAt(input: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => (isObject(value) ? Reflect.get(value, key) : undefined), input);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
