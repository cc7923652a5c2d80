import { GenericError, MultipleErrors, ProtocolError } from '@platformatic/kafka';
import { askedBy, faultOfProtocolCode, isConnectionLost, KafkaError, type KafkaFault } from '../errors.ts';

export const asked = askedBy(kafkaErrorOf);

/** What the library throws, as the port's error. */
export function kafkaErrorOf(error: unknown): KafkaError {
  if (error instanceof KafkaError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new KafkaError(faultOfLibrary(error), message, { cause: error });
}

/** An answer of the broker, by its code. */
export function refusal(protocolCode: number): KafkaError {
  return new KafkaError(faultOfProtocolCode(protocolCode), textOf(protocolCode), { protocolCode });
}

/** @throws KafkaError when the broker has refused */
export function check(protocolCode: number): void {
  if (protocolCode !== 0) throw refusal(protocolCode);
}

/** The library makes an error only of codes that it knows. */
function textOf(protocolCode: number): string {
  try {
    const { apiId, message } = new ProtocolError(protocolCode) as ProtocolError & { apiId?: string };
    return `${message} (${apiId})`;
  } catch {
    return `The broker answered with the code ${protocolCode}.`;
  }
}

/** A connection that was refused, lost or silent may come back; authentication and what cannot be parsed do not. */
function faultOfLibrary(error: unknown): KafkaFault {
  if (!(error instanceof Error)) return 'fatal';
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && isConnectionLost(code)) return 'transient';
  if (MultipleErrors.isMultipleErrors(error)) return faultOfLibrary((error as MultipleErrors).errors[0]);
  if (!GenericError.isGenericError(error as GenericError)) return 'fatal';
  // What the network error is of tells more, where it was of something else than the network.
  const { cause } = error;
  if (cause instanceof Error && GenericError.isGenericError(cause as GenericError)) return faultOfLibrary(cause);
  return code === 'PLT_KFK_NETWORK' || code === 'PLT_KFK_UNEXPECTED_CORRELATION_ID' ? 'transient' : 'fatal';
}
