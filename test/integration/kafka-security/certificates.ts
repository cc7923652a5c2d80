import { generate } from 'selfsigned';

/** PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Certificates {
  /** Has signed the others. */
  readonly authority: Certificate;
  /** Of a server at 127.0.0.1. */
  readonly broker: Certificate;
  readonly client: Certificate;
}

/** @param clientName the common name that the client's certificate gives */
export async function createCertificates(clientName: string): Promise<Certificates> {
  const authority = await certificate('authority', {
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true },
    ],
  });
  const ca = { key: authority.key, cert: authority.cert };
  const address = { name: 'subjectAltName' as const, altNames: [{ type: 7 as const, ip: '127.0.0.1' }] };
  return {
    authority,
    broker: await certificate('broker', { ca, extensions: [address] }),
    client: await certificate(clientName, { ca }),
  };
}

async function certificate(name: string, options: Parameters<typeof generate>[1]): Promise<Certificate> {
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ...options,
  });
  return { cert: made.cert, key: made.private };
}
