import { z } from 'zod';
import { type Secrets, secretRef } from '../secrets.ts';

/** How brokers are spoken to: encrypted where `tls` is given, and as somebody where `sasl` is. */
export interface KafkaSecurity {
  readonly tls: Tls | null;
  readonly sasl: Sasl | null;
}

/** PEM. Without `ca` those are trusted that Node trusts, NODE_EXTRA_CA_CERTS included. */
export interface Tls {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

export interface Sasl {
  readonly mechanism: (typeof mechanisms)[number];
  readonly username: string;
  readonly password: string;
}

export const NO_SECURITY: KafkaSecurity = { tls: null, sasl: null };

const protocols = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const;
const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;

/** The settings of it, after the names that Kafka's own clients have for them. */
export const securityShape = {
  kafkaSecurityProtocol: z.enum(protocols).default('PLAINTEXT'),
  kafkaSaslMechanism: z.enum(mechanisms).optional(),
  kafkaSaslUsername: z.string().min(1).optional(),
  kafkaSaslPassword: secretRef.optional(),
  /** Who has signed the certificates of the brokers. */
  kafkaSslCa: secretRef.optional(),
  /** What this client shows to brokers that ask who it is, and its key. */
  kafkaSslCertificate: secretRef.optional(),
  kafkaSslKey: secretRef.optional(),
};

type SecuritySettings = z.output<z.ZodObject<typeof securityShape>>;

const saslKeys = ['kafkaSaslMechanism', 'kafkaSaslUsername', 'kafkaSaslPassword'] as const;
const sslKeys = ['kafkaSslCa', 'kafkaSslCertificate', 'kafkaSslKey'] as const;

/** Tells what is missing for the protocol, and what it has no use for: whoever sets that believes to be secured. */
export function checkSecurity(settings: SecuritySettings, context: z.RefinementCtx): void {
  const { kafkaSecurityProtocol: protocol } = settings;
  const tell = (key: keyof SecuritySettings, message: string): void => {
    context.addIssue({ code: 'custom', path: [key], message });
  };
  for (const key of saslKeys) {
    const isSet = settings[key] !== undefined;
    if (isSet !== protocol.startsWith('SASL_')) tell(key, `has no use with kafkaSecurityProtocol ${protocol}`);
  }
  for (const key of sslKeys) {
    if (settings[key] !== undefined && !protocol.endsWith('SSL')) {
      tell(key, `has no use with kafkaSecurityProtocol ${protocol}`);
    }
  }
  const { kafkaSslCertificate: certificate, kafkaSslKey: key } = settings;
  if (certificate !== undefined && key === undefined) tell('kafkaSslKey', 'belongs to kafkaSslCertificate');
  if (certificate === undefined && key !== undefined) tell('kafkaSslCertificate', 'belongs to kafkaSslKey');
}

/**
 * Reads what the settings name. It is read once: a password or certificate that is changed needs a restart.
 *
 * @throws ApportionError `secret_missing`, `secret_unreadable`
 */
export async function readSecurity(settings: SecuritySettings, secrets: Secrets): Promise<KafkaSecurity> {
  const { kafkaSecurityProtocol: protocol, kafkaSaslMechanism: mechanism, kafkaSaslUsername: username } = settings;
  const [password, ca, cert, key] = await Promise.all(
    [settings.kafkaSaslPassword, settings.kafkaSslCa, settings.kafkaSslCertificate, settings.kafkaSslKey].map((ref) =>
      ref === undefined ? undefined : secrets.read(ref),
    ),
  );
  const isSomebody = mechanism !== undefined && username !== undefined && password !== undefined;
  return {
    tls: protocol.endsWith('SSL') ? { ca, cert, key } : null,
    sasl: isSomebody ? { mechanism, username, password } : null,
  };
}
