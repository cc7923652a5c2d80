import { SOURCE_KEY } from './polled.ts';

/**
 * Gives this process the credentials that the AWS SDK finds first, and keeps it from all that this machine may have. The
 * session token is the same text as the secret key: of the two it alone travels.
 */
export function useAwsCredentials(): void {
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: 'AKIDOFTHETEST',
    AWS_SECRET_ACCESS_KEY: SOURCE_KEY,
    AWS_SESSION_TOKEN: SOURCE_KEY,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  });
}
