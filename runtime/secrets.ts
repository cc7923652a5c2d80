import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ApportionError } from './errors.ts';

/** Where a secret stands, never the secret itself: `env:NAME` or `file:/path`. */
export const secretRef = z
  .string()
  .regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:\/.+)$/, 'name where the secret stands: env:NAME or file:/path')
  .brand<'SecretRef'>();

export type SecretRef = z.output<typeof secretRef>;

export interface Secrets {
  /**
   * The secret as it is now; a file's without the line break at its end.
   * @throws ApportionError `secret_missing`, which names where it was to stand
   */
  read(ref: SecretRef): Promise<string>;
}

export function createSecrets(env: Readonly<Record<string, string | undefined>> = process.env): Secrets {
  return {
    read: async (ref) => {
      const at = ref.indexOf(':') + 1;
      const place = ref.slice(at);
      const text = ref.startsWith('env:')
        ? env[place]
        : await readFile(place, 'utf8').catch((cause) => missing(ref, cause));
      if (text === undefined || text.trim() === '') return missing(ref);
      return text.replace(/\r?\n$/, '');
    },
  };
}

function missing(ref: SecretRef, cause?: unknown): never {
  throw new ApportionError('secret_missing', `There is no secret at ${ref}.`, 'Put it there, or name another place.', {
    cause,
  });
}
