import type { Answer, Request } from './exchange.ts';

/** What goes wrong instead of, or with, the answer to a request. */
export type Fault =
  /** Another answer, without the server being asked. */
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** No answer, for as long as the client waits. */
  | { readonly kind: 'stall' }
  /** The head of the server's answer, so many bytes of its body, and the end of the connection. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** The server's answer, later. */
  | { readonly kind: 'delay'; readonly delayMs: number };

export interface FaultRule {
  /** Which requests it meets; all that are not said. */
  readonly path?: RegExp;
  readonly body?: RegExp;
  /** How many of them it meets; the later ones are answered. */
  readonly times: number;
  readonly fault: Fault;
}

/** A refusal with a JSON body, as `refusal(429, { 'retry-after': '1' }, { message: 'slow down' })`. */
export function refusal(status: number, headers: Readonly<Record<string, string>>, body: unknown): Fault {
  const answer = {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify(body)),
  };
  return { kind: 'answer', answer };
}

/** Rules in the order in which they were added: the first that fits and is not used up decides. */
export class FaultRules {
  readonly #rules: { readonly rule: FaultRule; left: number }[] = [];

  add(rule: FaultRule): void {
    this.#rules.push({ rule, left: rule.times });
  }

  /** The fault that the request meets, which counts; null when it is to be answered. */
  take(request: Request): Fault | null {
    const entry = this.#rules.find(({ rule, left }) => left > 0 && fits(rule, request));
    if (entry === undefined) return null;
    entry.left -= 1;
    return entry.rule.fault;
  }

  /** How many faults are still to come: a test whose client never met them shows nothing. */
  get left(): number {
    return this.#rules.reduce((sum, { left }) => sum + left, 0);
  }
}

function fits({ path, body }: FaultRule, request: Request): boolean {
  return (path === undefined || path.test(request.path)) && (body === undefined || body.test(request.body.toString()));
}
