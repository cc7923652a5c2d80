import { Frames } from './frames.ts';
import type { Address, Dialogue, Message, Protocol, Route } from './protocol.ts';

/** Requests of clients, see https://kafka.apache.org/protocol.html#protocol_api_keys; others have no name here. */
const API_KEYS = {
  Produce: 0,
  Fetch: 1,
  Metadata: 3,
  OffsetFetch: 9,
  FindCoordinator: 10,
  JoinGroup: 11,
  Heartbeat: 12,
  SyncGroup: 14,
  InitProducerId: 22,
  AddPartitionsToTxn: 24,
  AddOffsetsToTxn: 25,
  EndTxn: 26,
  TxnOffsetCommit: 28,
} as const;

export type KafkaStep = keyof typeof API_KEYS;

/** Whose replies name brokers. They are asked for when a client connects. */
const NAMING: readonly KafkaStep[] = ['Metadata', 'FindCoordinator'];

/** All that clients of Apportion do while they work. */
export const kafkaSteps = (Object.keys(API_KEYS) as KafkaStep[]).filter((step) => !NAMING.includes(step));

/**
 * Kafka's: the step of a request is its name, that of a reply the name of the request that it answers to. Where brokers
 * tell clients their addresses, they find the proxy's instead, so that all they do goes through it.
 */
export const kafkaProtocol: Protocol = { open: (route) => new KafkaDialogue(route) };

const NAMES = new Map<number, string>(Object.entries(API_KEYS).map(([name, key]) => [key, name]));
class KafkaDialogue implements Dialogue {
  readonly #route: Route;
  readonly #requests = new Frames(lengthOf);
  readonly #replies = new Frames(lengthOf);
  /** By correlation id. */
  readonly #asked = new Map<number, string>();

  constructor(route: Route) {
    this.#route = route;
  }

  /** A request is its size, the type (16 bits), the type's version (16), the correlation id (32), and the rest. */
  requests(bytes: Buffer): readonly Message[] {
    return this.#requests.take(bytes).map((frame) => {
      const step = NAMES.get(frame.readInt16BE(4)) ?? '';
      this.#asked.set(frame.readInt32BE(8), step);
      return { bytes: frame, step };
    });
  }

  /** A reply is its size, the correlation id, and the rest. */
  replies(bytes: Buffer): readonly Message[] {
    return this.#replies.take(bytes).map((frame) => {
      const id = frame.readInt32BE(4);
      const step = this.#asked.get(id) ?? '';
      this.#asked.delete(id);
      if (NAMING.some((naming) => naming === step)) replaceAddress(frame, this.#route);
      return { bytes: frame, step };
    });
  }
}

function lengthOf(head: Buffer): number | null {
  return head.length < 4 ? null : 4 + head.readInt32BE(0);
}

/** An address is a host and a port of 32 bits: the proxy listens on the broker's host, so that only the port differs. */
function replaceAddress(frame: Buffer, { server, proxy }: Route): void {
  const wanted = encoded(server);
  for (let at = frame.indexOf(wanted); at >= 0; at = frame.indexOf(wanted, at + 1)) {
    frame.writeInt32BE(proxy.port, at + wanted.length - 4);
  }
}

function encoded({ host, port }: Address): Buffer {
  const bytes = Buffer.concat([Buffer.from(host), Buffer.alloc(4)]);
  bytes.writeInt32BE(port, bytes.length - 4);
  return bytes;
}
