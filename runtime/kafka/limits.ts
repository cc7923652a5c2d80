/** What every client keeps to, so that the choice of one changes nothing that an operator sees. */

/** How brokers name a client in their logs and quotas, unless it is told another name. */
export const CLIENT_ID = 'apportion';

export const CONNECT_LIMIT_MS = 3_000;
export const REQUEST_LIMIT_MS = 30_000;

/** How long an idle fetch waits for records. Tasks that have just been opened begin to read only after it. */
export const FETCH_WAIT_MS = 100;

/** What is fetched at once of all partitions that a broker leads. */
export const FETCH_BYTES = 16 * 1024 * 1024;

/** The broker aborts what is open for longer. A flush takes far less; readers wait no longer for a dead owner. */
export const TRANSACTION_TIMEOUT_MS = 20_000;

/** How long the end of what is no longer needed may take, for the sake of those who wait for it. */
export const DISCARD_LIMIT_MS = 5_000;
export const LEAVE_LIMIT_MS = 10_000;

/** So many heartbeats go into the time after which a silent member is put out of its group. */
export const HEARTBEATS_PER_SESSION = 6;

/** How long a client repeats what the broker refuses for now. */
export const REFUSED_LIMIT_MS = 10_000;
