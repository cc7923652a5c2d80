import { connect, type Socket } from 'node:net';
import type { ISocketFactory } from 'kafkajs';

/** Request types of Kafka's protocol, see https://kafka.apache.org/protocol.html#protocol_api_keys. */
export const API = {
  produce: 0,
  fetch: 1,
  offsetFetch: 9,
  joinGroup: 11,
  heartbeat: 12,
  syncGroup: 14,
  initProducerId: 22,
  addPartitionsToTxn: 24,
  addOffsetsToTxn: 25,
  endTxn: 26,
  txnOffsetCommit: 28,
} as const;

/** Cuts connections at a chosen request: before the broker gets it, or after that and before the client has the answer. */
export class Cutter {
  readonly #armed: { readonly apiKey: number; readonly where: 'request' | 'reply' }[] = [];
  cuts = 0;

  /** Cuts once, at the next request of that type. */
  arm(request: keyof typeof API, where: 'request' | 'reply'): void {
    this.#armed.push({ apiKey: API[request], where });
  }

  /** Whether all that was armed has been cut. */
  isThrough(): boolean {
    return this.#armed.length === 0;
  }

  readonly socketFactory: ISocketFactory = ({ host, port, onConnect }) => {
    const socket = connect({ host, port }, onConnect);
    const write = socket.write.bind(socket) as (data: Buffer) => boolean;
    socket.write = (data: unknown): boolean => {
      const apiKey = (data as Buffer).readInt16BE(4);
      const at = this.#armed.findIndex((each) => each.apiKey === apiKey);
      const [cut] = at < 0 ? [] : this.#armed.splice(at, 1);
      if (cut === undefined) return write(data as Buffer);
      this.cuts++;
      if (cut.where === 'reply') {
        closeAtFirstData(socket);
        return write(data as Buffer);
      }
      socket.destroy(new Error('cut before the request'));
      return false;
    };
    return socket;
  };
}

function closeAtFirstData(socket: Socket): void {
  const emit = socket.emit.bind(socket) as (event: string, ...values: unknown[]) => boolean;
  socket.emit = (event: string, ...values: unknown[]): boolean => {
    if (event !== 'data') return emit(event, ...values);
    socket.destroy(new Error('cut before the reply'));
    return true;
  };
}
