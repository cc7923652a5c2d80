/** A TCP proxy before Postgres that cuts a connection at a chosen word, as a network would. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { after } from 'node:test';

/** `request`: the word never arrives. `reply`: the word arrives, and the reply to it is lost. */
export type Cut = 'request' | 'reply';

export class CuttingProxy {
  /** The database, through the proxy. */
  readonly databaseUrl: string;
  /** How often it has cut. */
  cuts = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #port: number;
  #armed: { readonly word: Buffer; readonly cut: Cut } | null = null;

  /** A proxy before the server of the URL, until the test file ends. */
  static async before(databaseUrl: string): Promise<CuttingProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new CuttingProxy(server, new URL(databaseUrl));
    after(() => proxy.goAway());
    return proxy;
  }

  private constructor(server: Server, target: URL) {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
    const { hostname, port } = target;
    server.on('connection', (client) => this.#join(client, connect(Number(port), hostname)));
    const url = new URL(target);
    url.port = String(address.port);
    this.databaseUrl = url.href;
    this.#server = server;
    this.#port = address.port;
  }

  /** Cuts the next connection whose client sends the word. */
  cutAt(word: string, cut: Cut): void {
    this.#armed = { word: Buffer.from(word), cut };
  }

  /** Ends all connections and refuses new ones. */
  async goAway(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  async comeBack(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  #join(client: Socket, upstream: Socket): void {
    let cutReply = false;
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.on('error', end).on('close', () => {
        this.#sockets.delete(socket);
        end();
      });
    }
    client.on('data', (data) => {
      if (this.#armed !== null && data.includes(this.#armed.word)) {
        const { cut } = this.#armed;
        this.#armed = null;
        this.cuts += 1;
        if (cut === 'request') return end();
        cutReply = true;
      }
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (cutReply) return end();
      client.write(data);
    });
  }
}
