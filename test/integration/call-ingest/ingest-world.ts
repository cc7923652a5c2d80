import { after } from 'node:test';
import { ingestConfig } from '../../../producers/call-ingest/config.ts';
import { startCallIngest } from '../../../producers/call-ingest.ts';
import { createMetrics } from '../../../runtime/metrics.ts';
import { createSecrets } from '../../../runtime/secrets.ts';
import { calls } from '../../../schemas/topics.ts';
import { toyWorld } from '../toy-world.ts';

export const TOKEN = 'any-0123456789abcdef';
export const BOUND_TOKEN = 'pbx-0123456789abcdef';
export const NOW = Date.parse('2026-05-09T12:00:00Z');
export const limits = { maxCallMs: 86_400_000 };

export const call = {
  source: 'pbx',
  callId: '7',
  tenant: 'acme',
  product: 'asr',
  startedAt: '2026-05-09T07:30:00.1239Z',
  endedAt: '2026-05-09T07:31:00Z',
};

/** What an answer said. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    readonly code?: string;
    readonly detail?: string;
    readonly accepted?: number;
    readonly rejected?: readonly { index: number; callId?: string; reason: string; detail: string }[];
  };
}

/** The topic of calls with a prefix of its own on real servers, and the role before it. */
export async function ingestWorld(
  stack: { kafkaBrokers: string; schemaRegistryUrl: string },
  settings: Readonly<Record<string, unknown>> = {},
  env: Record<string, string> = { TOKEN, BOUND_TOKEN },
) {
  const world = await toyWorld(stack, { topics: [calls] });
  const metrics = createMetrics();
  const ingest = await startCallIngest({
    config: ingestConfig({
      host: '127.0.0.1',
      port: 0,
      tokens: [
        { name: 'any', token: 'env:TOKEN' },
        { name: 'bound', token: 'env:BOUND_TOKEN', source: 'pbx' },
      ],
      ...settings,
    }),
    limits,
    publisher: world.publisher,
    secrets: createSecrets({ env }),
    metrics,
    logger: world.logger,
    now: () => NOW,
  });
  after(() => ingest.close());
  const url = `${ingest.url}/v1/calls`;

  /** Sends a body as it is, or a value as JSON. */
  const post = (body: string | Uint8Array<ArrayBuffer> | object, headers: Record<string, string> = {}) =>
    postTo(url, body, headers);
  /** What stands in the topic. */
  const held = async (): Promise<readonly string[]> => (await world.read(calls)).map(({ callId }) => callId);

  return { ...world, ingest, url, metrics, post, held };
}

export async function postTo(
  url: string,
  body: string | Uint8Array<ArrayBuffer> | object,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}`, ...headers },
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] };
}

/** Calls that differ in their ids. */
export function callsOf(count: number, prefix = ''): (typeof call)[] {
  return Array.from({ length: count }, (_, index) => ({ ...call, callId: `${prefix}${index}` }));
}
