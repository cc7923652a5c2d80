import { DatabaseError } from 'pg';
import { ApportionError } from '../runtime/errors.ts';
import { KafkaError } from '../runtime/kafka/errors.ts';
import { codeOf, isTransient } from '../runtime/postgres/sqlstate.ts';
import type { Settings } from '../runtime/settings.ts';

type Addresses = Pick<Settings, 'kafkaBrokers' | 'databaseUrl'>;

/**
 * What an operator is told of an error of a server, or of the way to it: which server, what it said, what to do. Every
 * other error stays as it is.
 */
export function serverErrorOf(error: unknown, { kafkaBrokers, databaseUrl }: Addresses): unknown {
  if (error instanceof KafkaError) {
    const where = `Kafka at ${kafkaBrokers.join(', ')}`;
    if (error.fault === 'transient') return away(where, 'APPORTION_KAFKA_BROKERS', error);
    return new ApportionError(
      'kafka_refuses',
      `${where} refuses: ${error.message}.`,
      'See what the brokers log, and that the settings name the right ones and a user who may do this.',
      { cause: error },
    );
  }
  const code = codeOf(error);
  if (!(error instanceof Error) || error instanceof ApportionError || !isOfPostgres(error)) return error;
  if (databaseUrl === undefined) return error;
  const where = `Postgres at ${placeOf(databaseUrl)}`;
  if (code === UNDEFINED_TABLE) {
    return new ApportionError(
      'no_tables',
      `${where} has no tables of Apportion, or older ones: ${error.message}.`,
      'The role postgres-sink makes them when it starts: `apportion run postgres-sink`.',
      { cause: error },
    );
  }
  if (isTransient(error)) return away(where, 'APPORTION_DATABASE_URL', error);
  return new ApportionError(
    'postgres_refuses',
    `${where} refuses: ${error.message} (${code}).`,
    'See that APPORTION_DATABASE_URL names the right database and a user who may do this.',
    { cause: error },
  );
}

const UNDEFINED_TABLE = '42P01';

/** What the server said, or an error of the way to it. Files and pipes have the same codes, and are none of either. */
function isOfPostgres(error: Error): boolean {
  if (error instanceof DatabaseError) return true;
  const { syscall } = (error instanceof AggregateError ? error.errors[0] : error) as NodeJS.ErrnoException;
  return isTransient(error) && (syscall === undefined || CONNECTING.has(syscall));
}

const CONNECTING: ReadonlySet<string> = new Set(['connect', 'getaddrinfo', 'read']);

function away(where: string, setting: string, error: Error): ApportionError {
  const reason = error instanceof AggregateError ? String(error.errors[0]) : error.message;
  return new ApportionError(
    'server_away',
    `${where} does not answer: ${reason}.`,
    `See that it runs and that ${setting} names it, then give the same command again.`,
    { cause: error },
  );
}

/** Host, port and database, without the password. */
function placeOf(databaseUrl: string): string {
  const { host, pathname } = new URL(databaseUrl);
  return host + pathname;
}
