import { ApportionError } from '../errors.ts';

/** Why a server cannot listen, by the code that Node gives, and what to do about it. */
const causes = {
  EADDRINUSE: {
    code: 'port_taken',
    message: 'another process listens there',
    advice: 'End that process, or set another port.',
  },
  EACCES: {
    code: 'port_forbidden',
    message: 'this user may not use that port',
    advice: 'Set a port from 1024 on.',
  },
  EADDRNOTAVAIL: {
    code: 'host_not_here',
    message: 'this machine has no such address',
    advice: 'Set the host to 127.0.0.1, to 0.0.0.0, or to an address of this machine.',
  },
  ENOTFOUND: {
    code: 'host_unknown',
    message: 'no such host is known',
    advice: 'Set the host to 127.0.0.1, to 0.0.0.0, or to an address of this machine.',
  },
} as const;

/** The error of a server that cannot listen; errors that nobody foresaw stay as they are. */
export function listenError(address: string, cause: unknown): unknown {
  const { code } = cause as { code?: string };
  if (code === undefined || !(code in causes)) return cause;
  const known = causes[code as keyof typeof causes];
  return new ApportionError(known.code, `Cannot listen at ${address}: ${known.message}.`, known.advice, { cause });
}
