import type { Instant } from '../../schemas/scalars.ts';

/** A Kong pod, or whatever answers at an address of its own. */
export interface Pod {
  /** Its uid, since names come again; or its address. */
  readonly id: string;
  /** As people call it; one at a time bears it. */
  readonly name: string;
  /** Where its metrics are; null where it has no address. */
  readonly url: URL | null;
  /** Whether its containers have not been started yet, so that it has counted nothing. */
  readonly isPending: boolean;
  /** Null where nobody tells. */
  readonly createdAt: Instant | null;
}

/** Pods beyond are more than one poller reads at once. */
export const MAX_PODS = 100;

export function podOfAddress(address: string): Pod {
  return { id: address, name: address, url: new URL(address), isPending: false, createdAt: null };
}
