import type { ApportionError } from '../../runtime/errors.ts';
import { createHttpClient, type HttpClient, type HttpClientOptions } from '../../runtime/http/client.ts';
import { HttpFailure, type HttpFailureKind } from '../../runtime/http/failure.ts';
import { type SourceErrorCode, sourceError } from './errors.ts';

const MIB = 1024 * 1024;

/** The client that a run asks its source with: what it throws says what to do about the source. */
export function createSourceHttp(
  options: Omit<HttpClientOptions, 'maxBodyBytes' | 'maxAttempts' | 'maxPauseMs'>,
): HttpClient {
  const client = createHttpClient({ ...options, maxBodyBytes: 64 * MIB, maxAttempts: 6, maxPauseMs: 60_000 });
  return {
    send: (request) => explained(client.send(request)),
    attempt: (what, once) => explained(client.attempt(what, once)),
  };
}

async function explained<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw error instanceof HttpFailure ? ofFailure(error) : error;
  }
}

const CODES: Readonly<Record<HttpFailureKind, SourceErrorCode>> = {
  away: 'source_away',
  unauthorized: 'source_unauthorized',
  forbidden: 'source_forbidden',
  refused: 'source_refused',
  garbled: 'source_garbled',
};

function ofFailure(failure: HttpFailure): ApportionError {
  return sourceError(CODES[failure.kind], `${failure.message}.`, failure);
}
