/** Secrets that this process has read. Kept for its whole life: an error may still carry one long after it was rotated. */
const hidden = new Set<string>();

/** Shorter texts would be found in everything; no service gives out secrets as short. */
const MIN_LENGTH = 6;

/** From now on `redact` removes this secret, also as JSON, URLs and headers of basic authentication write it. */
export function hide(secret: string): void {
  if (secret.length < MIN_LENGTH) return;
  for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]) hidden.add(form);
}

/** The text without the secrets that were read, and without the passwords of the addresses in it. */
export function redact(text: string): string {
  let clean = text.replace(PASSWORD_IN_URL, '$1[redacted]@');
  for (const secret of hidden) clean = clean.replaceAll(secret, '[redacted]');
  return clean;
}

/** `scheme://user:password@host` keeps its user and host. */
const PASSWORD_IN_URL = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@"']*:)[^\s@"']+@/gi;
