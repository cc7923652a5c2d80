import type { Readable } from 'node:stream';
import type { Instant } from '../../schemas/scalars.ts';

/** A file of an export, wherever it lies: on a disk or in S3. */
export interface FoundFile {
  /** The one name of the file whatever way led to it: a path without links, or `s3://bucket/key`. */
  readonly id: string;
  /** The file as it is named to people. */
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: Instant;
  /** Another one whenever the content is another: the time of the last change in nanoseconds, or the ETag. */
  readonly version: string;
  /**
   * All bytes in their order.
   * @throws ApportionError `focus_changed` when it can be told that the version is another by now
   */
  open(): Promise<Readable>;
  /**
   * The bytes from `start` up to `end`, which it excludes: all of them.
   * @throws ApportionError `focus_changed` when it can be told that the version is another by now
   */
  read(start: number, end: number): Promise<ArrayBuffer>;
}
