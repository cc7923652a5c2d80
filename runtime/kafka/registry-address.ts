/** Where a schema registry is, and as whom it is asked: both stand in its URL, as in that of a database. */
export interface RegistryAddress {
  /** Without user and password, and without a slash at its end. */
  readonly url: string;
  readonly user: { readonly username: string; readonly password: string } | null;
}

/** Reads `https://USER:PASSWORD@HOST/PATH`, user and password percent-encoded. @throws TypeError when it is no URL */
export function parseRegistryUrl(text: string): RegistryAddress {
  const url = new URL(text);
  const [username, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  url.username = '';
  url.password = '';
  return { url: url.href.replace(/\/$/, ''), user: username === '' ? null : { username, password } };
}

/** The headers of a request: basic authentication where there is a user (RFC 7617). */
export function authorizationOf({ user }: RegistryAddress): Record<string, string> {
  if (user === null) return {};
  return { authorization: `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}` };
}
