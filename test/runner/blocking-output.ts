/**
 * Loaded before a file of tests. Its process is made to end after the last test, and what a pipe has not taken by then
 * would be lost: tests that were passed, skipped or failed. A write that waits for the pipe leaves nothing behind.
 */
type Stream = NodeJS.WriteStream & { readonly _handle?: { setBlocking?(blocking: boolean): void } };

for (const { _handle } of [process.stdout, process.stderr] as Stream[]) _handle?.setBlocking?.(true);

export {};
