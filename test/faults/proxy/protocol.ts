/** What a proxy knows of the protocol that passes it. */
export interface Protocol {
  /** Follows one connection from its begin. */
  open(route: Route): Dialogue;
}

/** Where the server is, and where clients find the proxy instead. */
export interface Route {
  readonly server: Address;
  readonly proxy: Address;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Cuts what passes into messages. What is not yet a whole message is kept for the next call. */
export interface Dialogue {
  /** Takes bytes of the client. */
  requests(bytes: Buffer): readonly Message[];
  /** Takes bytes of the server. */
  replies(bytes: Buffer): readonly Message[];
}

export interface Message {
  readonly bytes: Buffer;
  /** What it asks for, or what it answers to; empty where that is nobody's concern. */
  readonly step: string;
}
