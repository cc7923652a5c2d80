import { createRequire } from 'node:module';
import { type DestinationStream, type Logger, pino } from 'pino';
import { redact } from './redaction.ts';
import type { Settings } from './settings.ts';

/**
 * The process's log: JSON lines on standard error, or readable ones where that is a terminal. Standard output stays
 * free for what a command gives out. Secrets that were read, passwords in addresses, and fields named like
 * secrets are never written.
 */
export function createLogger(level: Settings['logLevel'], destination: DestinationStream = standardError()): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[redacted]' },
  };
  return pino(options, { write: (line) => destination.write(redact(line)) });
}

const SECRETS = ['password', 'secret', 'token', 'apiKey', 'authorization', 'sasl'];

function standardError(): DestinationStream {
  return (process.stderr.isTTY ? prettyStream() : null) ?? process.stderr;
}

/** Null where pino-pretty is not installed, as in production. */
function prettyStream(): DestinationStream | null {
  try {
    const pretty = createRequire(import.meta.url)('pino-pretty') as (options: object) => DestinationStream;
    return pretty({ destination: 2, sync: true, translateTime: 'SYS:HH:MM:ss.l' });
  } catch {
    return null;
  }
}
