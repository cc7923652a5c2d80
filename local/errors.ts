import { ApportionError } from '../runtime/errors.ts';

const reset =
  'If its contents do not matter, delete it with `apportion local reset` (add --data for a folder of your own).';

/** What can go wrong with the local stack, and what to do about it. */
const advice = {
  local_busy: 'Wait until it has finished, or end that process.',
  local_data_incomplete: `Put the missing part back, or begin anew. ${reset}`,
  local_data_newer: `Use the version of Apportion that made it. ${reset}`,
  local_disk_full: 'Free some space on that disk, or give --data a folder on another one, then start again.',
  local_folder_unusable: 'Give --data a folder that this user may write.',
  local_java_missing:
    'Install Java 17 or later (Debian: apt install openjdk-17-jre-headless, macOS: brew install openjdk@17), or set JAVA_HOME to one, then start again.',
  local_maven_missing:
    'Install Maven (Debian: apt install maven, macOS: brew install maven), then start again. It is needed once: what it brings is kept.',
  local_download_failed:
    "Check the network, and the mirrors and proxies in Maven's settings (~/.m2/settings.xml), then start again.",
  local_platform_unsupported: 'Use Linux or macOS on x64 or arm64, or start the servers with docker compose.',
  local_port_taken:
    'End that process, or remove the port from stack.json in the data folder so that another one is chosen, then start again.',
  local_server_crashed: 'Read the lines above and the whole log, mend the cause, then start again.',
  local_server_silent: 'Read the lines above and the whole log. On a very slow machine, starting again may be enough.',
  local_postgres_user:
    'Postgres refuses to run as root. Create a user named postgres, or run as another user than root.',
  local_postgres_orphan: 'End that process (kill -INT), then start again.',
  local_not_running: 'Start it with `apportion local start`.',
} as const;

export type LocalErrorCode = keyof typeof advice;

export function localError(code: LocalErrorCode, message: string, cause?: unknown): ApportionError {
  return new ApportionError(code, message, advice[code], cause === undefined ? {} : { cause });
}
