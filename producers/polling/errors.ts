import { ApportionError } from '../../runtime/errors.ts';
import { HttpFailure } from '../../runtime/http/failure.ts';
import type { SourceState } from '../../schemas/source-status.ts';

/** What can go wrong between a poller and its source, and what to do about it. */
const advice = {
  credentials_missing: 'Give this process the credentials that the page of this source in docs/sources names.',
  source_unauthorized: 'Check the key or token of this poller, and that it belongs to this address.',
  source_forbidden: 'Give the key or role the rights that the page of this source in docs/sources names.',
  source_refused:
    "The source does not take this request: check the poller's settings against its page in docs/sources.",
  source_away:
    'Nothing to do if it passes: the next run asks for all that is missing. Else see whether the source answers.',
  source_garbled: 'The answer is not what the source documents. Nothing of it was used; the next run asks again.',
  page_loop: 'The source gives the same page again and again. Nothing of it was used; the next run asks again.',
  budget_spent: 'Wait for the next day (UTC), or raise dailyRequests in the settings of this poller.',
  run_too_long: 'Raise runMinutes in the settings of this poller, or ask for fewer days at once.',
  run_too_large: 'Ask for fewer days at once with --from and --to.',
  no_data: 'The source has nothing to say of these days: see whether it collects at all. What is known stands.',
} as const;

export type SourceErrorCode = keyof typeof advice;

export function sourceError(code: SourceErrorCode, message: string, cause?: unknown): ApportionError {
  return new ApportionError(code, message, advice[code], { cause });
}

/** The answer, or the lack of one, that an error of a source comes from; null for errors that come from none. */
export function failureOf(error: unknown): HttpFailure | null {
  return error instanceof ApportionError && error.cause instanceof HttpFailure ? error.cause : null;
}

/** What an error says about the state of a source. */
export function stateOfError({ code }: ApportionError): SourceState {
  if (MISSING_DATA.has(code)) return 'missing_data';
  return CONFIGURATION.has(code) ? 'missing_configuration' : 'failed_connection';
}

/** The source answers, and would say more. */
const MISSING_DATA: ReadonlySet<string> = new Set(['no_data', 'budget_spent']);

const CONFIGURATION: ReadonlySet<string> = new Set([
  'bad_settings',
  'credentials_missing',
  'kubeconfig_unusable',
  'secret_missing',
  'secret_unreadable',
]);
