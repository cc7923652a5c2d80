import type { StackAddresses } from './stack.ts';

/** Shell assignments that any command of Apportion reads, and that a shell takes with `set -a; . .local/env`. */
export function environmentText(addresses: StackAddresses): string {
  return [
    `APPORTION_KAFKA_BROKERS=${addresses.kafkaBrokers}`,
    `APPORTION_SCHEMA_REGISTRY_URL=${addresses.schemaRegistryUrl}`,
    `APPORTION_DATABASE_URL=${addresses.databaseUrl}`,
    '',
  ].join('\n');
}
