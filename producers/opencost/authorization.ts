import { z } from 'zod';
import { hide } from '../../runtime/redaction.ts';
import { type SecretRef, secretRef } from '../../runtime/secrets.ts';

/** How a proxy is told who asks. */
export const authShape = z.discriminatedUnion('scheme', [
  z.strictObject({ scheme: z.literal('bearer'), token: secretRef }),
  z.strictObject({ scheme: z.literal('basic'), user: z.string().min(1), password: secretRef }),
]);

/** The value of the `Authorization` header; null where there is none. */
export async function authorizationOf(
  auth: z.output<typeof authShape> | null,
  secret: (ref: SecretRef) => Promise<string>,
): Promise<string | null> {
  if (auth === null) return null;
  if (auth.scheme === 'bearer') return `Bearer ${await secret(auth.token)}`;
  const encoded = Buffer.from(`${auth.user}:${await secret(auth.password)}`).toString('base64');
  // The password can be read from it.
  hide(encoded);
  return `Basic ${encoded}`;
}
