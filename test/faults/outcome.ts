import { documentText } from '../../attribution/document-text.ts';
import { statementText } from '../../attribution/statement-text.ts';
import type { World } from '../../commands/world.ts';
import type { SpeechPlatform } from '../../local/demo/speech-platform.ts';
import { listDeadLetters } from '../../operations/dead-letters.ts';
import { readDays, readDocuments } from '../../operations/read-documents.ts';
import { readStatements } from '../../operations/read-statements.ts';
import { verify } from '../../operations/verify/verify.ts';
import { readTopic } from '../../runtime/kafka/read-topic.ts';
import { attributions, deadLetters, statements } from '../../schemas/topics.ts';

/** What has become of an input, in texts that do not depend on when and how often it was computed. */
export interface Outcome {
  /** By day, tenant and currency. */
  readonly documents: ReadonlyMap<string, string>;
  /** By day and currency. */
  readonly statements: ReadonlyMap<string, string>;
  /** Reason by origin. */
  readonly deadLetters: ReadonlyMap<string, string>;
  /** Records of the topic of dead letters: more than letters when one stands twice. */
  readonly deadLetterRecords: number;
  /** What the audit finds wrong. */
  readonly faults: readonly string[];
}

/** Reads it from Postgres, and lets the audit compare that with the topics, which it reads as a subscriber would. */
export async function readOutcome(world: World, { firstDay, lastDay }: SpeechPlatform): Promise<Outcome> {
  const { kafka, pool, settings } = world;
  const prefix = settings.topicPrefix;
  const codec = await world.codec();
  const documents = new Map<string, string>();
  const proofs = new Map<string, string>();
  for (const day of await readDays(pool, firstDay, lastDay)) {
    for (const document of await readDocuments(pool, day)) {
      documents.set(attributions.key(document), documentText({ ...document, calcVersion: 0, revision: 0 }));
    }
    for (const statement of await readStatements(pool, day)) {
      proofs.set(statements.key(statement), statementText(statement));
    }
  }
  const letters = await listDeadLetters(kafka, prefix, codec, {});
  let deadLetterRecords = 0;
  await readTopic(kafka, prefix + deadLetters.name, () => {
    deadLetterRecords += 1;
  });
  const checks = await verify({ kafka, pool, prefix, codec }, { from: firstDay, to: lastDay });
  return {
    documents,
    statements: proofs,
    deadLetters: new Map(letters.map((letter) => [deadLetters.key(letter), letter.reason])),
    deadLetterRecords,
    faults: checks.flatMap((check) => check.faults),
  };
}

/** How an outcome differs from the one that was expected, in sentences; none when it does not. */
export function differences(expected: Outcome, actual: Outcome): readonly string[] {
  const repeated = actual.deadLetterRecords - actual.deadLetters.size;
  return [
    ...actual.faults.map((fault) => `audit: ${fault}`),
    ...mapDifferences('document', expected.documents, actual.documents),
    ...mapDifferences('statement', expected.statements, actual.statements),
    ...mapDifferences('dead letter', expected.deadLetters, actual.deadLetters),
    ...(repeated === 0 ? [] : [`${repeated} dead letters stand more than once`]),
  ];
}

function mapDifferences(
  what: string,
  expected: ReadonlyMap<string, string>,
  actual: ReadonlyMap<string, string>,
): readonly string[] {
  const keys = new Set([...expected.keys(), ...actual.keys()]);
  return [...keys]
    .filter((key) => expected.get(key) !== actual.get(key))
    .map((key) => `${what} ${key}: expected ${expected.get(key) ?? 'none'}, got ${actual.get(key) ?? 'none'}`);
}
