import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import type { Type } from 'avsc';
import avro from 'avsc';
import type { Logger } from 'pino';
import type { Topic } from '../../schemas/topics.ts';
import { ApportionError } from '../errors.ts';
import { retry } from '../retry.ts';
import { avroOptions, avroType } from './avro.ts';
import { createCodec, type PreparedCodec } from './codec.ts';
import { parseRegistryUrl } from './registry-address.ts';
import { answerOf, isRegistryAway, statusOf } from './registry-answer.ts';

export interface RegistryCodecOptions {
  /** With user and password where the registry asks for them. */
  readonly registryUrl: string;
  /** Prefix of the topics' names, and so of the subjects. */
  readonly prefix: string;
  /** Topics whose values are written or read. */
  readonly topics: readonly Topic<never>[];
  readonly logger: Logger;
  /** Ends the waiting for a registry that is away. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The codec of a schema registry. It never registers: the ids of our own schemas are looked up here, once. Ids met in
 * records are looked up by `prepare`, once each; a registry that is away is waited for.
 *
 * @throws ApportionError `schema_not_registered`, `registry_refuses`
 */
export async function createRegistryCodec(options: RegistryCodecOptions): Promise<PreparedCodec> {
  const { prefix, topics } = options;
  const registry = openRegistry(options.registryUrl);
  const ids = new Map<Topic<never>, number>();
  const types = new Map<number, Type>();
  for (const topic of topics) {
    const id = await ask(options, () => registeredId(registry, prefix, topic));
    ids.set(topic, id);
    // What is written with our own schemas is read without the registry, which may be away by then.
    types.set(id, avroType(topic.schema));
  }

  const missing = new Missing();
  return createCodec({
    idOf: (topic) => {
      const id = ids.get(topic);
      if (id === undefined) throw new Error(`the codec was not made for ${topic.name}`);
      return id;
    },
    knows: (id) => types.has(id) || missing.isFresh(id),
    find: (id) => types.get(id) ?? (missing.has(id) ? null : undefined),
    fetch: async (unknown) => {
      missing.forgetSome();
      for (const id of unknown) {
        const type = await ask(options, () => fetchType(registry, id));
        if (type === null) missing.add(id);
        else types.set(id, type);
      }
    },
  });
}

/** Registry access without its own retries: ours say what is away and since when. */
export function openRegistry(registryUrl: string): SchemaRegistry {
  const { url, user } = parseRegistryUrl(registryUrl);
  const auth = user === null ? {} : { auth: user };
  return new SchemaRegistry({ host: url, ...auth, retry: { retries: 0 } }, { AVRO: avroOptions() });
}

/** The subject of a topic's values. */
export function subjectOf(prefix: string, topic: Pick<Topic<never>, 'name'>): string {
  return `${prefix}${topic.name}-value`;
}

function ask<T>(options: RegistryCodecOptions, request: () => Promise<T>): Promise<T> {
  const what = `The schema registry at ${parseRegistryUrl(options.registryUrl).url}`;
  return retry({ what, isTransient: isRegistryAway, logger: options.logger, signal: options.signal }, () =>
    answerOf(request),
  );
}

async function registeredId(registry: SchemaRegistry, prefix: string, topic: Topic<never>): Promise<number> {
  const subject = subjectOf(prefix, topic);
  try {
    return await registry.getRegistryIdBySchema(subject, { type: AVRO, schema: JSON.stringify(topic.schema) });
  } catch (cause) {
    if (isRegistryAway(cause)) throw cause;
    const status = statusOf(cause);
    if (status === 401 || status === 403) throw registryRefuses(status, subject, (cause as Error).message);
    throw new ApportionError(
      'schema_not_registered',
      `The schema of ${prefix}${topic.name} is not registered as this version has it, under the subject ${subject}.`,
      'Run `apportion topics apply` with this version, then start again.',
      { cause },
    );
  }
}

/** What it answers to who may not ask, or asks in the wrong place. */
export function registryRefuses(status: number, subject: string, text: string): ApportionError {
  return new ApportionError(
    'registry_refuses',
    `The registry answers ${status} about ${subject}: ${text.slice(0, 500)}`,
    'See that APPORTION_SCHEMA_REGISTRY_URL is the address of a Confluent-compatible registry, with a user and password who may read and write there: https://USER:PASSWORD@HOST.',
  );
}

const AVRO = 'AVRO' as never;

/** Null when the registry has no such schema, or one that is not Avro or that we cannot make sense of. */
async function fetchType(registry: SchemaRegistry, id: number): Promise<Type | null> {
  try {
    const schema: unknown = await registry.getSchema(id);
    return avro.Type.isType(schema) ? (schema as Type) : null;
  } catch (error) {
    if (statusOf(error) === 404) return null;
    if (statusOf(error) !== null) throw error;
    return null;
  }
}

const FRESH_MS = 60_000;
const MISSING_LIMIT = 10_000;

/** Ids that the registry does not have: asked for again after a minute, and bounded, since damaged records name any. */
class Missing {
  readonly #sinceMs = new Map<number, number>();

  add(id: number): void {
    this.#sinceMs.set(id, performance.now());
  }

  has(id: number): boolean {
    return this.#sinceMs.has(id);
  }

  isFresh(id: number): boolean {
    const sinceMs = this.#sinceMs.get(id);
    return sinceMs !== undefined && performance.now() - sinceMs < FRESH_MS;
  }

  /** Called between batches only: what a batch has been prepared with stays until it is decoded. */
  forgetSome(): void {
    if (this.#sinceMs.size > MISSING_LIMIT) this.#sinceMs.clear();
  }
}
