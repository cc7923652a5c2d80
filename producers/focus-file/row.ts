import type { Amount, Instant } from '../../schemas/scalars.ts';
import type { Described } from './descriptors.ts';

/** A row of a FOCUS file, read. */
export interface FocusRow {
  readonly source: string;
  readonly account: string;
  readonly currency: string;
  readonly start: Instant;
  readonly end: Instant;
  /** Null where the file does not say it. */
  readonly billingStart: Instant | null;
  readonly billingEnd: Instant | null;
  readonly described: Described;
  readonly billed: Amount;
  readonly effective: Amount;
}

/** What a bad row belongs to, as far as that could be read. What is null makes everything incomplete that it may be. */
export interface KnownScope {
  source: string | null;
  account: string | null;
  period: { readonly start: Instant; readonly end: Instant } | null;
}

/** Why a row could not be read. */
export class RowFault {
  readonly detail: string;
  readonly scope: Readonly<KnownScope>;

  constructor(detail: string, scope: Readonly<KnownScope>) {
    this.detail = detail;
    this.scope = scope;
  }
}
