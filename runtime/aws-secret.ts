import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';

/**
 * Reads the current version of a secret of AWS Secrets Manager, with the credentials, region and endpoint that the AWS
 * SDK finds by itself (environment, shared files, container, instance). Null when there is none of that name or ARN.
 */
export async function readAwsSecret(name: string): Promise<string | null> {
  const client = new SecretsManagerClient({ maxAttempts: 5 });
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
