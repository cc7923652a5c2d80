import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';

const MAX_ATTEMPTS = 5;
const CONNECT_MS = 10_000;
/** A secret comes in well under a second. */
const ANSWER_MS = 10_000;

/**
 * Reads the current version of a secret of AWS Secrets Manager, with the credentials, region and endpoint that the AWS
 * SDK finds by itself (environment, shared files, container, instance). Null when there is none of that name or ARN.
 *
 * @param answerMs how long each of the attempts may take
 */
export async function readAwsSecret(name: string, answerMs = ANSWER_MS): Promise<string | null> {
  const client = new SecretsManagerClient({
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: answerMs, throwOnRequestTimeout: true },
  });
  try {
    const { SecretString: text, SecretBinary: bytes } = await client.send(
      new GetSecretValueCommand({ SecretId: name }),
    );
    return text ?? (bytes === undefined ? null : Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return null;
    throw error;
  } finally {
    client.destroy();
  }
}
