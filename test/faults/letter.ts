import { createHash } from 'node:crypto';

/** A dead letter, as far as letters are compared. */
export interface Letter {
  readonly processor: string;
  /** Which record it is of. */
  readonly origin: string;
  /** SHA-256 of reason, key and original bytes. */
  readonly digest: string;
  /** Where and when it was written; not of one that is expected. */
  readonly place?: string;
}

/** What a letter says of where it came from and why. */
export interface LetterFacts {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

export function letterOf(processor: string, reason: string, facts: LetterFacts): Letter {
  const { topic, partition, offset, key, value } = facts;
  const digest = createHash('sha256')
    .update(JSON.stringify([reason, key?.toString('base64'), value?.toString('base64')]))
    .digest('hex');
  return { processor, origin: `${topic}/${partition}/${offset}`, digest };
}
