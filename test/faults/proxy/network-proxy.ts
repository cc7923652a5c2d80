/** A TCP proxy before a server, which does what networks do: it cuts, delays, stalls, and goes away. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Address, Dialogue, Message, Protocol } from './protocol.ts';

/**
 * `request`: it never arrives. `reply`: it arrives, and the reply to it is lost. `late`: it arrives when the client has
 * long seen its connection end, and has perhaps gone on with another one.
 */
export type Where = 'request' | 'reply' | 'late';

/** By how much a late request is late: the client, or who takes its place, is back by then. */
const LATE_MS = 3_000;

/** How slowly messages pass, each way. */
export interface Slowness {
  /** Of each message. */
  readonly latencyMs: number;
  readonly bytesPerSecond: number;
}

export class NetworkProxy {
  /** Where clients find it. */
  readonly address: Address;
  /** How often it has cut. */
  cuts = 0;
  readonly #server: Server;
  readonly #target: Address;
  readonly #protocol: Protocol;
  readonly #sockets = new Set<Socket>();
  readonly #passed = new Map<string, number>();
  /** Connections of clients that are gone, on which a request is still under way to the server. */
  readonly #late = new Set<Socket>();
  #armed: { readonly step: string; readonly where: Where; readonly strike: (() => void) | undefined }[] = [];
  #slowness: Slowness | null = null;
  #stalled: { readonly promise: Promise<void>; readonly resolve: () => void } | null = null;

  /** A proxy on the server's host, which must be this one. */
  static async before(target: Address, protocol: Protocol): Promise<NetworkProxy> {
    const server = createServer();
    server.listen(0, target.host);
    await once(server, 'listening');
    return new NetworkProxy(server, target, protocol);
  }

  private constructor(server: Server, target: Address, protocol: Protocol) {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
    this.address = { host: target.host, port: address.port };
    this.#server = server;
    this.#target = target;
    this.#protocol = protocol;
    server.on('connection', (client) => this.#join(client));
  }

  /** Cuts once, the next connection that comes to the step; `strike` is called at that moment, before anybody can tell. */
  cut(step: string, where: Where, strike?: () => void): void {
    this.#armed.push({ step, where, strike });
  }

  /** Whether all cuts that it was told have come. */
  isThrough(): boolean {
    return this.#armed.length === 0;
  }

  /** Whether no request is still to arrive that is late. */
  lateAreThrough(): boolean {
    return this.#late.size === 0;
  }

  /** Forgets the cuts that have not come. */
  disarm(): void {
    this.#armed = [];
  }

  /** How many requests of that step have passed. */
  passed(step: string): number {
    return this.#passed.get(step) ?? 0;
  }

  /** From now on; null is as fast as it goes. */
  slow(slowness: Slowness | null): void {
    this.#slowness = slowness;
  }

  /** Lets nothing pass and closes nothing, as when packets are lost on the way. */
  stall(): void {
    this.#stalled ??= Promise.withResolvers<void>();
  }

  goOn(): void {
    this.#stalled?.resolve();
    this.#stalled = null;
  }

  /** Ends all connections and refuses new ones. */
  async goAway(): Promise<void> {
    this.goOn();
    if (!this.#server.listening) return;
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  async comeBack(): Promise<void> {
    this.#server.listen(this.address.port, this.address.host);
    await once(this.#server, 'listening');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.goAway();
  }

  #join(client: Socket): void {
    const server = connect(this.#target.port, this.#target.host);
    const dialogue = this.#protocol.open({ server: this.#target, proxy: this.address });
    this.#bind(client, server);
    this.#bind(server, client);
    void this.#pass(client, server, dialogue, 'request');
    void this.#pass(server, client, dialogue, 'reply');
  }

  /** When one side ends, so does the other, once it has what was sent before. */
  #bind(socket: Socket, other: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => other.destroySoon());
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (!this.#late.has(other)) other.destroySoon();
    });
  }

  /** Passes messages on one by one, until one side ends or a cut comes. */
  async #pass(from: Socket, to: Socket, dialogue: Dialogue, side: 'request' | 'reply'): Promise<void> {
    try {
      for await (const bytes of from as AsyncIterable<Buffer>) {
        for (const message of side === 'request' ? dialogue.requests(bytes) : dialogue.replies(bytes)) {
          await this.#delay(message);
          const where = this.#cutAt(message, side);
          if (where === 'late') await this.#deliverLate(from, to, message);
          if (where !== null) {
            to.destroy();
            return;
          }
          if (side === 'request') this.#count(message);
          if (!to.write(message.bytes)) await once(to, 'drain');
        }
      }
    } catch (error) {
      // What ended the connection, be it here or at its other half, is told to nobody: the client sees it.
      if (!from.destroyed && !to.destroyed) throw error;
    }
  }

  async #delay({ bytes }: Message): Promise<void> {
    if (this.#slowness !== null) {
      const { latencyMs, bytesPerSecond } = this.#slowness;
      await sleep(latencyMs + (bytes.length / bytesPerSecond) * 1000);
    }
    if (this.#stalled !== null) await this.#stalled.promise;
  }

  /** The server keeps its side of the connection until it has answered. */
  async #deliverLate(client: Socket, server: Socket, message: Message): Promise<void> {
    this.#late.add(server);
    client.destroy();
    await sleep(LATE_MS);
    server.write(message.bytes);
    this.#count(message);
    await Promise.race([once(server, 'data').catch(() => {}), once(server, 'close'), sleep(LATE_MS)]);
    this.#late.delete(server);
  }

  #count({ step }: Message): void {
    this.#passed.set(step, this.passed(step) + 1);
  }

  #cutAt({ step }: Message, side: 'request' | 'reply'): Where | null {
    const at = this.#armed.findIndex((each) => each.step === step && (each.where === 'reply') === (side === 'reply'));
    const [armed] = at < 0 ? [] : this.#armed.splice(at, 1);
    if (armed === undefined) return null;
    this.cuts += 1;
    armed.strike?.();
    return armed.where;
  }
}
