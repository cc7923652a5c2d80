import { COMPATIBILITY, type SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import type { Logger } from 'pino';
import type { Topic } from '../../schemas/topics.ts';
import { ApportionError } from '../errors.ts';
import { retry } from '../retry.ts';
import type { Settings } from '../settings.ts';
import type { Changes } from './apply-topics.ts';
import { authorizationOf, parseRegistryUrl, type RegistryAddress } from './registry-address.ts';
import { answerOf, isRegistryAway, statusOf } from './registry-answer.ts';
import { openRegistry, registryRefuses, subjectOf } from './registry-codec.ts';

/**
 * Registers the schemas of topics and sets the compatibility of the public ones. A registry that is away is waited for.
 *
 * @throws ApportionError `schema_incompatible`, `registry_refuses`
 */
export async function applySchemas(
  settings: Pick<Settings, 'schemaRegistryUrl' | 'topicPrefix'>,
  topics: readonly Topic<never>[],
  { dryRun, logger }: { readonly dryRun: boolean; readonly logger: Logger },
): Promise<Changes> {
  const address = parseRegistryUrl(settings.schemaRegistryUrl);
  const registry = openRegistry(settings.schemaRegistryUrl);
  const options = { what: `The schema registry at ${address.url}`, isTransient, logger };
  const changes: Changes = new Map();
  for (const topic of topics) {
    const subject = subjectOf(settings.topicPrefix, topic);
    const done = await retry(options, () => applySchema({ address, registry, subject, topic, dryRun }));
    if (done.length > 0) changes.set(topic, done);
  }
  return changes;
}

/** Another run may set the compatibility between our look at it and the client's own; then look again. */
function isTransient(error: unknown): boolean {
  return (
    isRegistryAway(error) || (error instanceof Error && error.name === 'ConfluentSchemaRegistryCompatibilityError')
  );
}

interface Subject {
  readonly address: RegistryAddress;
  readonly registry: SchemaRegistry;
  readonly subject: string;
  readonly topic: Topic<never>;
  readonly dryRun: boolean;
}

async function applySchema(about: Subject): Promise<string[]> {
  const { address, subject, topic, dryRun } = about;
  const done: string[] = [];
  const wanted = topic.public ? COMPATIBILITY.FULL_TRANSITIVE : null;
  const found = await compatibilityOf(address, subject);
  if (wanted !== null && found !== wanted) {
    done.push(`compatibility ${wanted}`);
    // Some registries know a subject only once it has a schema.
    if (!dryRun && found !== null) await setCompatibility(address, subject, wanted);
  }
  if (!(await isRegistered(about))) {
    done.push(`schema ${subject}`);
    if (!dryRun) await register(about, wanted ?? found ?? COMPATIBILITY.BACKWARD);
  }
  // Whoever registers first and dies before this leaves it to the next.
  if (!dryRun && wanted !== null && (await compatibilityOf(address, subject)) !== wanted) {
    await setCompatibility(address, subject, wanted);
  }
  return done;
}

/** Null when the registry does not know the subject yet. */
async function compatibilityOf(address: RegistryAddress, subject: string): Promise<string | null> {
  const response = await send(address, subject);
  if (response.status === 404) return null;
  const body = (await checked(response, subject)) as { compatibilityLevel?: string };
  return body.compatibilityLevel ?? null;
}

async function setCompatibility(address: RegistryAddress, subject: string, compatibility: string): Promise<void> {
  const response = await send(address, subject, JSON.stringify({ compatibility }));
  // Another run may have done the same in between.
  if (response.status === 409 && (await compatibilityOf(address, subject)) === compatibility) return;
  await checked(response, subject);
}

/** Asks for the configuration of a subject, or puts another one in its place. */
function send(address: RegistryAddress, subject: string, body?: string): Promise<Response> {
  const url = `${address.url}/config/${encodeURIComponent(subject)}`;
  const headers = { ...authorizationOf(address), 'content-type': 'application/vnd.schemaregistry.v1+json' };
  return answerOf(() => fetch(url, body === undefined ? { headers } : { method: 'PUT', headers, body }));
}

async function checked(response: Response, subject: string): Promise<unknown> {
  const text = await answerOf(() => response.text());
  if (response.ok) return JSON.parse(text);
  const error = registryRefuses(response.status, subject, text);
  throw Object.assign(error, { status: response.status });
}

async function isRegistered({ registry, subject, topic }: Subject): Promise<boolean> {
  try {
    await answerOf(() => registry.getRegistryIdBySchema(subject, confluentSchema(topic)));
    return true;
  } catch (error) {
    if (isRegistryAway(error)) throw error;
    return false;
  }
}

async function register(about: Subject, compatibility: string): Promise<void> {
  const { registry, subject, topic } = about;
  try {
    const options = { subject, compatibility: compatibility as COMPATIBILITY, updateConfig: false };
    await answerOf(() => registry.register(confluentSchema(topic), options));
  } catch (cause) {
    if (statusOf(cause) !== 409 && statusOf(cause) !== 422) throw cause;
    // Another run may have done the same in between.
    if (await isRegistered(about)) return;
    throw new ApportionError(
      'schema_incompatible',
      `The registry refuses the schema of ${subject}: ${cause instanceof Error ? cause.message : String(cause)}`,
      'Readers and writers of earlier versions must go on working: add fields with a default, take none away.',
      { cause },
    );
  }
}

function confluentSchema(topic: Topic<never>): { type: never; schema: string } {
  return { type: 'AVRO' as never, schema: JSON.stringify(topic.schema) };
}
