import type { Type } from 'avsc';
import { topics as allTopics, type Topic } from '../../schemas/topics.ts';
import { type Codec, Undecodable } from '../task.ts';
import { avroType } from './avro.ts';

/**
 * Values in the Confluent wire format: a zero byte, the schema's id (4 bytes, big-endian), then Avro. Decoding and
 * encoding are synchronous; what they may have to ask for is asked for by `prepare`.
 */
export interface PreparedCodec extends Codec {
  /**
   * Resolves every schema id that the values name. Undefined when all are known already, which is nearly always, so
   * that the caller need not wait.
   */
  prepare(values: Iterable<Buffer | null>): Promise<void> | undefined;
}

/** Where schemas come from. */
export interface SchemaSource {
  /** The id that our values of the topic are written with. */
  idOf(topic: Topic<never>): number;
  /** Whether the id need not be fetched (again). */
  knows(id: number): boolean;
  /** The writer's schema, null when there is none of that id, undefined when it was never fetched. */
  find(id: number): Type | null | undefined;
  fetch(ids: readonly number[]): Promise<void>;
}

/** A codec that needs no registry, for simulations: the same bytes, with ids fixed by the order of the declaration. */
export function createLocalCodec(topics: readonly Topic<never>[] = allTopics): PreparedCodec {
  const types = topics.map((topic) => avroType(topic.schema));
  return createCodec({
    idOf: (topic) => topics.indexOf(topic) + 1,
    knows: () => true,
    find: (id) => types[id - 1] ?? null,
    fetch: async () => {},
  });
}

/** The codec of schemas from anywhere: each topic is read and written as its own, whatever was written with. */
export function createCodec(source: SchemaSource): PreparedCodec {
  const readers = new Map<unknown, Reader>();

  const readerOf = (topic: Topic<never>): Reader => {
    let reader = readers.get(topic);
    if (reader === undefined) {
      reader = new Reader(avroType(topic.schema), source);
      readers.set(topic, reader);
    }
    return reader;
  };

  return {
    // A decoded value is what the topic's schema says, which is what its TypeScript type says.
    decode: <T>(topic: Topic<T>, value: Buffer | null) => readerOf(topic).decode(value) as T,
    encode: (topic, value) => encodeRecord(readerOf(topic).type, source.idOf(topic), value),
    prepare: (values) => {
      let unknown: Set<number> | undefined;
      let last = -1;
      for (const value of values) {
        if (value === null || value.length < HEADER_BYTES || value[0] !== MAGIC) continue;
        const id = value.readUInt32BE(1);
        if (id === last) continue;
        last = id;
        if (!source.knows(id)) {
          unknown ??= new Set();
          unknown.add(id);
        }
      }
      return unknown && source.fetch([...unknown]);
    },
  };
}

const MAGIC = 0;
const HEADER_BYTES = 5;

/** How values of one writer are read; undefined where the writer's schema is the reader's own, which is faster. */
type Resolver = ReturnType<Type['createResolver']> | undefined;

/** Reads the values of one topic, whichever schema they were written with, as its own schema. */
class Reader {
  readonly type: Type;
  readonly #source: SchemaSource;
  readonly #resolvers = new Map<number, Resolver | Undecodable>();
  /** Nearly all values of a topic come from the same writer. */
  #lastId = -1;
  #lastResolver: Resolver | Undecodable;

  constructor(type: Type, source: SchemaSource) {
    this.type = type;
    this.#source = source;
  }

  decode(value: Buffer | null): unknown {
    if (value === null || value.length === 0) return new Undecodable('empty', 'The record has no value.');
    if (value[0] !== MAGIC || value.length < HEADER_BYTES) {
      return new Undecodable('undecodable', 'The value does not begin with a zero byte and a schema id.');
    }
    const id = value.readUInt32BE(1);
    const resolver = id === this.#lastId ? this.#lastResolver : this.#resolverOf(id);
    if (resolver instanceof Undecodable) return resolver;
    try {
      const { value: decoded, offset } = this.type.decode(value, HEADER_BYTES, resolver);
      if (offset < 0) return new Undecodable('undecodable', `The value of schema ${id} is cut off.`);
      if (offset < value.length) {
        return new Undecodable('undecodable', `${value.length - offset} bytes follow the value of schema ${id}.`);
      }
      return decoded;
    } catch (error) {
      return new Undecodable('undecodable', `The value does not fit its schema ${id}: ${messageOf(error)}.`);
    }
  }

  #resolverOf(id: number): Resolver | Undecodable {
    const resolver = this.#resolvers.has(id) ? this.#resolvers.get(id) : this.#resolve(id);
    // What the registry does not have today it may have tomorrow.
    if (resolver instanceof Undecodable && resolver.reason === 'unknown_schema') return resolver;
    this.#resolvers.set(id, resolver);
    this.#lastId = id;
    this.#lastResolver = resolver;
    return resolver;
  }

  #resolve(id: number): Resolver | Undecodable {
    const writer = this.#source.find(id);
    if (writer === undefined) throw new Error(`prepare was not called for schema ${id}`);
    if (writer === null) return new Undecodable('unknown_schema', `The schema registry has no Avro schema ${id}.`);
    try {
      const resolver = this.type.createResolver(writer);
      return this.type.equals(writer) ? undefined : resolver;
    } catch (error) {
      return new Undecodable('undecodable', `Schema ${id} cannot be read as ${this.type.name}: ${messageOf(error)}.`);
    }
  }
}

/** Grows to the largest value written; each value is copied out of it. */
let scratch = Buffer.allocUnsafeSlow(64 * 1024);

function encodeRecord(type: Type, id: number, value: unknown): Buffer {
  let end = type.encode(value, scratch, HEADER_BYTES);
  while (end < 0) {
    scratch = Buffer.allocUnsafeSlow(2 * (scratch.length - end));
    end = type.encode(value, scratch, HEADER_BYTES);
  }
  const record = Buffer.allocUnsafe(end);
  scratch.copy(record, HEADER_BYTES, HEADER_BYTES, end);
  record[0] = MAGIC;
  record.writeUInt32BE(id, 1);
  return record;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
