import { isIP } from 'node:net';
import { type API, Connection, findCoordinatorV3, MultipleErrors, metadataV9 } from '@platformatic/kafka';
import { KafkaError } from '../errors.ts';
import { CONNECT_LIMIT_MS, REQUEST_LIMIT_MS } from '../limits.ts';
import { patiently } from '../patiently.ts';
import type { KafkaSecurity } from '../security.ts';
import { asked, check, kafkaErrorOf } from './errors.ts';

export interface ClusterSettings {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly security: KafkaSecurity;
  /** A request that takes longer has failed, and its connection with it. */
  readonly requestLimitMs?: number;
}

/** The key types of FindCoordinator. */
const COORDINATED = { group: 0, transaction: 1 } as const;

/**
 * The brokers, as one client sees them: a connection to each that it has something to ask of, who leads which
 * partition, and who coordinates what. What it knows it asks for once, and again after `forget`.
 *
 * All requests are of versions that brokers speak from Kafka 3.0 on, so that nothing is negotiated.
 */
export class Cluster {
  readonly #settings: ClusterSettings;
  readonly #connections = new Map<string, Promise<Connection>>();
  /** `host:port` by node. */
  readonly #brokers = new Map<number, string>();
  /** Nodes that lead the partitions of a topic, by partition. */
  readonly #leaders = new Map<string, readonly number[]>();
  /** `host:port` by what is coordinated. */
  readonly #coordinators = new Map<string, string>();
  #controller = -1;
  #isClosed = false;

  constructor(settings: ClusterSettings) {
    this.#settings = settings;
  }

  /** All topics, with their numbers of partitions. */
  async topics(): Promise<ReadonlyMap<string, number>> {
    const topics = await this.#metadata(null);
    return new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
  }

  /** Nodes by partition. */
  async leadersOf(topic: string): Promise<readonly number[]> {
    const known = this.#leaders.get(topic);
    if (known !== undefined) return known;
    const [found] = await this.#metadata([topic]);
    check(found?.errorCode ?? UNKNOWN_TOPIC);
    const leaders: number[] = [];
    for (const { errorCode, partitionIndex, leaderId } of found?.partitions ?? []) {
      // A partition that lacks a replica has a leader all the same.
      if (errorCode !== REPLICA_NOT_AVAILABLE) check(errorCode);
      leaders[partitionIndex] = leaderId;
    }
    this.#leaders.set(topic, leaders);
    return leaders;
  }

  /** A broker that answers. */
  async anyone(): Promise<Connection> {
    const addresses = new Set([...this.#brokers.values(), ...this.#settings.brokers]);
    let last: unknown;
    for (const address of addresses) {
      try {
        return await this.#connect(address);
      } catch (error) {
        last = error;
      }
    }
    throw last;
  }

  async node(nodeId: number): Promise<Connection> {
    const address = this.#brokers.get(nodeId);
    if (address === undefined) throw new KafkaError('transient', `Broker ${nodeId} is not known, or no longer.`);
    return this.#connect(address);
  }

  async nodes(): Promise<readonly Connection[]> {
    await this.#metadata([]);
    return Promise.all([...this.#brokers.keys()].map((nodeId) => this.node(nodeId)));
  }

  async controller(): Promise<Connection> {
    await this.#metadata([]);
    return this.node(this.#controller);
  }

  async coordinator(of: keyof typeof COORDINATED, key: string): Promise<Connection> {
    const name = `${of} ${key}`;
    let address = this.#coordinators.get(name);
    if (address === undefined) {
      const answer = await ask(await this.anyone(), findCoordinatorV3.api, COORDINATED[of], [key]);
      const [found] = answer.coordinators;
      check(found?.errorCode ?? COORDINATOR_NOT_AVAILABLE);
      address = `${found?.host}:${found?.port}`;
      this.#coordinators.set(name, address);
    }
    return this.#connect(address);
  }

  /** Who leads and who coordinates may have changed. */
  forget(): void {
    this.#leaders.clear();
    this.#coordinators.clear();
  }

  patiently<T>(action: () => Promise<T>): Promise<T> {
    const passes = ({ fault }: KafkaError): boolean => {
      this.forget();
      return fault === 'transient' && !this.#isClosed;
    };
    return patiently(passes, () => asked(action));
  }

  /** Closes all connections; what is still being asked fails. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const connections = [...this.#connections.values()];
    this.#connections.clear();
    await Promise.all(connections.map(async (connection) => end(await connection.catch(() => null))));
  }

  async #metadata(topics: string[] | null) {
    const answer = await ask(await this.anyone(), metadataV9.api, topics, false, false, false);
    this.#brokers.clear();
    for (const { nodeId, host, port } of answer.brokers) this.#brokers.set(nodeId, `${host}:${port}`);
    this.#controller = answer.controllerId;
    return answer.topics;
  }

  #connect(address: string): Promise<Connection> {
    if (this.#isClosed) throw new KafkaError('transient', 'The client is closed.');
    const existing = this.#connections.get(address);
    if (existing !== undefined) return existing;
    const forget = (): void => {
      if (this.#connections.get(address) === opened) this.#connections.delete(address);
    };
    const opened = this.#open(address, forget);
    opened.catch(forget);
    this.#connections.set(address, opened);
    return opened;
  }

  async #open(address: string, forget: () => void): Promise<Connection> {
    const { clientId, security, requestLimitMs = REQUEST_LIMIT_MS } = this.#settings;
    const at = address.lastIndexOf(':');
    const host = address.slice(0, at);
    const connection = new Connection(clientId, {
      ...(security.tls !== null && { tls: { ...security.tls } }),
      // TLS has no names that are addresses.
      ...(isIP(host) === 0 && { tlsServerName: host }),
      ...(security.sasl !== null && { sasl: { ...security.sasl } }),
      connectTimeout: CONNECT_LIMIT_MS,
      requestTimeout: requestLimitMs,
      maxInflights: MAX_IN_FLIGHT,
    });
    // Whoever asks is told of an error; one that nobody listens to would end the process.
    connection.on('error', forget);
    connection.on('close', () => {
      forget();
      stopTiming(connection);
    });
    try {
      await connection.connect(host, Number(address.slice(at + 1)));
    } catch (error) {
      throw kafkaErrorOf(error);
    }
    return connection;
  }
}

/** Asks a broker. An answer that holds error codes is an answer: who asks looks at them. */
export async function ask<Arguments extends unknown[], Answer>(
  connection: Connection,
  api: API<Arguments, Answer>,
  ...values: Arguments
): Promise<Answer> {
  try {
    return await api.async(connection, ...values);
  } catch (error) {
    const { response } = error as { response?: Answer };
    if (MultipleErrors.isMultipleErrors(error as MultipleErrors) && response !== undefined) return response;
    throw kafkaErrorOf(error);
  }
}

/** At once: a connection that is closed in its own time may wait for a broker that says nothing. */
async function end(connection: Connection | null): Promise<void> {
  const socket = connection?.socket;
  if (socket === undefined || socket.destroyed) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.once('close', () => resolve());
  socket.destroy();
  await promise;
}

/** A connection that is gone would tell the broker anew who it is, in an hour say, and keep the process alive for that. */
function stopTiming(connection: Connection): void {
  connection.close(() => {});
}

/** A connection answers in order, so that more would only wait at the broker. */
const MAX_IN_FLIGHT = 5;

const UNKNOWN_TOPIC = 3;
const REPLICA_NOT_AVAILABLE = 9;
const COORDINATOR_NOT_AVAILABLE = 15;
