import { ApportionError } from '../../runtime/errors.ts';

/** What can go wrong before a test on a third-party server begins, and what to do about it. */
const advice = {
  real_go_missing: 'Install Go 1.26.4 or later (https://go.dev/doc/install), then try again. It is needed once.',
  real_python_missing:
    'Install Python 3.11 or later with venv (Debian: apt install python3 python3-venv, macOS: brew install python), then try again.',
  real_openssl_missing: 'Install OpenSSL (Debian: apt install openssl, macOS: brew install openssl), then try again.',
  real_disk_full: 'Free some space on that disk, or name a folder on another one in REAL_SERVERS_FOLDER.',
  real_build_failed:
    'Read the lines above. What was fetched and compiled so far is kept: after mending the network or the disk, run it again.',
  real_server_ended: 'Read the lines above and the whole log, mend the cause, then try again.',
  real_server_silent: 'Read the lines above and the whole log. On a very busy machine, trying again may be enough.',
  real_not_started: 'Run the file with `npm run test:real-servers NAME`, which starts the servers first.',
} as const;

export function realServerError(code: keyof typeof advice, message: string, cause?: unknown): ApportionError {
  return new ApportionError(code, message, advice[code], { cause });
}
