import { SOURCE_KEY } from './polled.ts';

/**
 * Gives this process the credentials that the AWS SDK finds first, and keeps it from all that this machine may have. The
 * session token is the same text as the secret key: of the two it alone travels.
 */
export function useAwsCredentials(): void {
  // A profile would be asked before these variables.
  for (const name of ['AWS_PROFILE', 'AWS_REGION', 'AWS_ENDPOINT_URL']) delete process.env[name];
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: 'AKIDOFTHETEST',
    AWS_SECRET_ACCESS_KEY: SOURCE_KEY,
    AWS_SESSION_TOKEN: SOURCE_KEY,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  });
}

/** Where this process finds Secrets Manager from now on. */
export function useSecretsManager(url: string): void {
  Object.assign(process.env, { AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL_SECRETS_MANAGER: url });
}
