import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ApportionError } from './errors.ts';
import { describeFailure, excerpt } from './http/failure.ts';
import { hide } from './redaction.ts';

/** Where a secret stands: settings name the place, never the secret itself. */
export type SecretRef = z.output<typeof secretRef>;

/** `env:NAME`, `file:/path`, or `secret:aws:NAME`, with `#KEY` for one value of a secret that is a JSON object. */
export const secretRef = z
  .string()
  .regex(/^(env:[A-Za-z_]\w*|file:.+|secret:aws:[^#]+(#.+)?)$/, {
    error: 'expected env:NAME, file:/path or secret:aws:NAME: a secret itself never stands in the settings',
  })
  .brand<'SecretRef'>();

export interface Secrets {
  /**
   * The secret at this moment: files and stores are read anew, so that a rotated one needs no restart. From then on
   * it is redacted from all that this process logs or reports.
   *
   * @throws ApportionError `secret_missing`, or `secret_unreadable` when its store is away or refuses
   */
  read(ref: SecretRef): Promise<string>;
}

export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads a secret of AWS Secrets Manager; null when there is none of that name. Left out, there are none at all. */
  readonly awsSecret?: (name: string) => Promise<string | null>;
}

/** Reads secrets from the environment, from mounted files, and from AWS Secrets Manager. */
export function createSecrets({ env, awsSecret = async () => null }: SecretSources): Secrets {
  const find = async (ref: SecretRef): Promise<string | null> => {
    const [kind, place] = split(ref);
    if (kind === 'env') return env[place] ?? null;
    if (kind === 'file') return readSecretFile(place);
    const [name, key] = splitLast(place.slice('aws:'.length));
    const text = await awsSecret(name).catch((cause: unknown) => {
      throw unreadable(ref, cause);
    });
    return text === null || key === null ? text : keyOf(ref, text, key);
  };
  return {
    read: async (ref) => {
      const secret = (await find(ref))?.trim();
      if (secret === undefined || secret === '') throw missing(ref);
      hide(secret);
      return secret;
    },
  };
}

/** A secret longer than this is the wrong file. */
const MAX_SECRET_BYTES = 64 * 1024;

function split(ref: SecretRef): readonly ['env' | 'file' | 'secret', string] {
  const colon = ref.indexOf(':');
  return [ref.slice(0, colon) as 'env' | 'file' | 'secret', ref.slice(colon + 1)];
}

function splitLast(text: string): readonly [string, string | null] {
  const hash = text.lastIndexOf('#');
  return hash < 0 ? [text, null] : [text.slice(0, hash), text.slice(hash + 1)];
}

async function readSecretFile(path: string): Promise<string | null> {
  try {
    const bytes = await readFile(path);
    if (bytes.length > MAX_SECRET_BYTES) throw new Error(`it holds ${bytes.length} bytes`);
    return bytes.toString('utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unreadable(`file:${path}`, cause);
  }
}

/** The text that the key has in a secret that is a JSON object, as the console of Secrets Manager writes them. */
function keyOf(ref: SecretRef, text: string, key: string): string | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The parser's own message would show a part of the secret.
    throw unreadable(ref, new Error('it is no JSON object'));
  }
  const value = typeof json === 'object' && json !== null ? (json as Record<string, unknown>)[key] : undefined;
  return typeof value === 'string' ? value : null;
}

function missing(ref: SecretRef): ApportionError {
  return new ApportionError(
    'secret_missing',
    `There is no secret at ${ref}, or it is empty.`,
    'Set the variable, mount the file, or create the secret that the settings name.',
  );
}

function unreadable(ref: string, cause: unknown): ApportionError {
  // AWS writes sentences with their full stop, and some over several lines.
  const reason = excerpt(describeFailure(cause)).replace(/\.$/, '');
  return new ApportionError(
    'secret_unreadable',
    `The secret at ${ref} cannot be read: ${reason}.`,
    'Check that this process may read it, and that its store answers.',
    { cause },
  );
}
