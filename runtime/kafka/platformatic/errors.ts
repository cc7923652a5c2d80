import { GenericError, MultipleErrors, ProtocolError } from '@platformatic/kafka';
import { askedBy, faultOfProtocolCode, faultOfSystemCode, KafkaError, type KafkaFault } from '../errors.ts';

export const asked = askedBy(kafkaErrorOf);

/** What the library throws, as the port's error. */
export function kafkaErrorOf(error: unknown): KafkaError {
  if (error instanceof KafkaError) return error;
  return new KafkaError(faultOfLibrary(error), messageOf(error), { cause: error });
}

/** That a connection failed is told by the library, and why by what it is caused by. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  const isOfConnection = (error as { code?: unknown }).code === 'PLT_KFK_NETWORK';
  return isOfConnection && cause instanceof Error ? `${message.replace(/\.$/, '')}: ${messageOf(cause)}` : message;
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
  const ofSystem = faultOfSystemCode(code);
  if (ofSystem !== null) return ofSystem;
  if (MultipleErrors.isMultipleErrors(error)) return faultOfLibrary((error as MultipleErrors).errors[0]);
  if (!GenericError.isGenericError(error as GenericError)) return 'fatal';
  const { apiCode } = error as { apiCode?: unknown };
  if (typeof apiCode === 'number') return faultOfProtocolCode(apiCode);
  // What the error is of tells more, where it was of something else than the network.
  const { cause } = error;
  if (cause instanceof Error && isTelling(cause)) return faultOfLibrary(cause);
  return code === 'PLT_KFK_NETWORK' || code === 'PLT_KFK_UNEXPECTED_CORRELATION_ID' ? 'transient' : 'fatal';
}

function isTelling(cause: Error): boolean {
  const isOfTls = faultOfSystemCode((cause as { code?: unknown }).code) === 'fatal';
  return (
    isOfTls ||
    GenericError.isGenericError(cause as GenericError) ||
    MultipleErrors.isMultipleErrors(cause as MultipleErrors)
  );
}
