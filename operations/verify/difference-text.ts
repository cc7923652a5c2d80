/** More than a person reads. */
const MAX_FIELDS = 5;
const MAX_VALUE_CHARACTERS = 120;

/** In which fields two JSON texts differ: `sources[0].in.billed: the topic has "10", Postgres has "11"`. */
export function differenceText(a: string, b: string, nameOfA: string, nameOfB: string): string {
  const fields = [...differences(JSON.parse(a), JSON.parse(b), '')];
  // Numbers may differ beyond what JSON.parse keeps.
  if (fields.length === 0) return `${nameOfA} ${short(a)}, ${nameOfB} ${short(b)}`;
  const shown = fields
    .slice(0, MAX_FIELDS)
    .map(([path, one, other]) => `${path}: ${nameOfA} ${valueText(one)}, ${nameOfB} ${valueText(other)}`);
  const rest = fields.length - shown.length;
  return [...shown, ...(rest > 0 ? [`and ${rest} more fields`] : [])].join('; ');
}

function* differences(a: unknown, b: unknown, path: string): Generator<readonly [string, unknown, unknown]> {
  if (!isObject(a) || !isObject(b)) {
    if (a !== b) yield [path, a, b];
    return;
  }
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const inner = Array.isArray(a) ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`;
    yield* differences(a[name], b[name], inner);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function valueText(value: unknown): string {
  return value === undefined ? 'nothing' : short(JSON.stringify(value));
}

function short(text: string): string {
  return text.length <= MAX_VALUE_CHARACTERS ? text : `${text.slice(0, MAX_VALUE_CHARACTERS)}…`;
}
