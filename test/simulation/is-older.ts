/** What documents and statements bear. */
export interface Stamped {
  readonly calcVersion: number;
  readonly revision: number;
}

/** The readers' rule, once more and by itself: what is compared with the product is not taken from it. */
export function isOlder(one: Stamped, other: Stamped): boolean {
  return one.calcVersion === other.calcVersion ? one.revision < other.revision : one.calcVersion < other.calcVersion;
}
