import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { ApportionError } from './errors.ts';
import { type Settings, settingsShape } from './settings.ts';

/** Where settings come from, the strongest first: environment variables, the file of `--config`, the local stack's. */
export interface SettingsSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A YAML file whose keys are those of `settingsShape`. */
  readonly configFile?: string | undefined;
  /**
   * Shell assignments that `apportion local start` has written; left out when there is no such file, or when a server is
   * named by one of the others.
   */
  readonly localFile?: string | undefined;
}

/**
 * Reads all settings, and reports all faults at once, each with its key and where it came from.
 *
 * @throws ApportionError `bad_settings`
 */
export function readSettings(sources: SettingsSources): Settings {
  const given = [fileLayer(sources.configFile), environmentLayer(sources.env)];
  // Whoever names a server means none of the local ones: not half of this stack, and half of that.
  const isElsewhere = given.some(({ values }) => ADDRESSES.some((key) => key in values));
  const layers = isElsewhere ? given : [localLayer(sources.localFile), ...given];
  const faults = layers.flatMap((layer) => layer.faults);
  const values: Record<string, unknown> = {};
  const origins: Record<string, string> = {};
  for (const layer of layers) {
    for (const [key, value] of Object.entries(layer.values)) {
      values[key] = value;
      origins[key] = layer.origin(key);
    }
  }
  const parsed = settingsShape.safeParse(values);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const [key = ''] = issue.path.map(String);
      faults.push(
        key in values ? `${origins[key]}: ${issue.message}` : `${key} is missing (${variableOf(key)} or --config)`,
      );
    }
  }
  if (!parsed.success || faults.length > 0) {
    throw new ApportionError(
      'bad_settings',
      `The settings have ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n  ${faults.join('\n  ')}`,
      'Set them in the environment or in the file of --config; `apportion local start` writes those of a local stack.',
    );
  }
  return parsed.data;
}

/**
 * The address of Postgres, of those who need it.
 *
 * @throws ApportionError `bad_settings`
 */
export function requireDatabaseUrl({ databaseUrl }: Pick<Settings, 'databaseUrl'>): string {
  if (databaseUrl !== undefined) return databaseUrl;
  throw new ApportionError(
    'bad_settings',
    `This needs Postgres, and databaseUrl is missing (${variableOf('databaseUrl')} or --config).`,
    'Set it in the environment or in the file of --config; `apportion local start` writes that of a local stack.',
  );
}

/** The environment variable of a key: `topicPrefix` is `APPORTION_TOPIC_PREFIX`. */
export function variableOf(key: string): string {
  return VARIABLE_PREFIX + key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

const VARIABLE_PREFIX = 'APPORTION_';
const ADDRESSES = ['kafkaBrokers', 'schemaRegistryUrl', 'databaseUrl'] as const satisfies readonly (keyof Settings)[];
const KEYS = Object.keys(settingsShape.shape);
const KEY_OF_VARIABLE = new Map(KEYS.map((key) => [variableOf(key), key]));

interface Layer {
  readonly values: Readonly<Record<string, unknown>>;
  readonly faults: readonly string[];
  origin(key: string): string;
}

function environmentLayer(env: SettingsSources['env'], file?: string): Layer {
  const values: Record<string, unknown> = {};
  const faults: string[] = [];
  const place = file === undefined ? 'the environment' : file;
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || !name.startsWith(VARIABLE_PREFIX)) continue;
    const key = KEY_OF_VARIABLE.get(name);
    if (key === undefined) faults.push(`${name} in ${place} is no setting`);
    else values[key] = value;
  }
  return { values, faults, origin: (key) => `${variableOf(key)} in ${place}` };
}

function fileLayer(file: string | undefined): Layer {
  if (file === undefined) return environmentLayer({});
  const content = readYaml(file);
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    return { values: {}, faults: [`${file} is no YAML map of settings`], origin: () => file };
  }
  const values: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const [key, value] of Object.entries(content)) {
    if (KEYS.includes(key)) values[key] = value;
    else faults.push(`${key} in ${file} is no setting`);
  }
  return { values, faults, origin: (key) => `${key} in ${file}` };
}

function readYaml(file: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8')) ?? {};
  } catch (cause) {
    throw new ApportionError(
      'bad_settings',
      `The settings in ${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      'Name a readable YAML file with --config.',
      { cause },
    );
  }
}

const ASSIGNMENT = /^(?:export\s+)?([A-Z0-9_]+)=(?:'([^']*)'|"([^"]*)"|(\S*))\s*$/;

function localLayer(file: string | undefined): Layer {
  if (file === undefined || !existsSync(file)) return environmentLayer({});
  const env: Record<string, string> = {};
  const faults: string[] = [];
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, name, ...texts] = ASSIGNMENT.exec(line) ?? [];
    if (name === undefined) faults.push(`${file} line ${index + 1} is no assignment`);
    else env[name] = texts.find((text) => text !== undefined) ?? '';
  }
  const layer = environmentLayer(env, file);
  return { ...layer, faults: [...faults, ...layer.faults] };
}
