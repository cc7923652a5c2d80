import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { CallLimits } from '../attribution/refuse-call.ts';
import { Problem } from '../runtime/http/problem.ts';
import { createHttpServer } from '../runtime/http/server.ts';
import type { Publisher } from '../runtime/publisher.ts';
import type { Secrets } from '../runtime/secrets.ts';
import type { Instant } from '../schemas/scalars.ts';
import { calls } from '../schemas/topics.ts';
import type { IngestConfig } from './call-ingest/config.ts';
import { contentTypeOf, contentTypes } from './call-ingest/content-types.ts';
import { InFlight, type Reservation } from './call-ingest/in-flight.ts';
import { createIngestMetrics } from './call-ingest/metrics.ts';
import { readItems } from './call-ingest/read-items.ts';
import { SendQueue } from './call-ingest/send-queue.ts';
import { type Rejection, sortCalls } from './call-ingest/sort-calls.ts';
import { openTokens, type Sender } from './call-ingest/tokens.ts';
import { bodyTooLarge, unpack } from './call-ingest/unpack.ts';

export interface CallIngestOptions {
  readonly config: IngestConfig;
  readonly limits: CallLimits;
  readonly publisher: Publisher;
  readonly secrets: Secrets;
  readonly metrics: Registry;
  readonly logger: Logger;
  readonly now?: () => Instant;
}

export interface CallIngest {
  readonly url: string;
  /** Rejects with what ends the role: an error of Kafka that trying again would not help. */
  readonly broken: Promise<never>;
  /** Takes no more requests, and resolves when those under way are answered. */
  close(): Promise<void>;
}

/** What is published at once: more makes each request wait longer, and Kafka no faster. */
const MAX_SEND_CALLS = 4_000;

/**
 * Calls over HTTP: `POST /v1/calls`, as docs/sources/calls-http.md tells senders. Resolves when it listens.
 * @throws ApportionError `secret_missing`, `bad_token`, `port_taken` and what else `listen` throws
 */
export async function startCallIngest(options: CallIngestOptions): Promise<CallIngest> {
  const { config, limits, publisher, logger, now = Date.now } = options;
  const inFlight = new InFlight(config.maxInFlightBytes);
  const metrics = createIngestMetrics(options.metrics, inFlight);
  const tokens = await openTokens(config, options.secrets, logger);
  const server = createHttpServer({ logger, maxBodyBytes: config.maxBodyBytes });
  const queue = new SendQueue({
    maxSendCalls: MAX_SEND_CALLS,
    publish: async (batch) => {
      const observe = metrics.publishSeconds.startTimer();
      await publisher.publish(calls, batch);
      observe();
    },
  });
  const admitted = new WeakMap<FastifyRequest, Admission>();

  /** Before the body is read: who sends it, and whether there is room for it. */
  const admit = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const sender = tokens.senderOf(request.headers.authorization);
    if (sender === null) throw unauthorized(request.headers.authorization !== undefined);
    const length = Number(request.headers['content-length']);
    if (length > config.maxBodyBytes) throw bodyTooLarge(config.maxBodyBytes);
    // What is packed, or comes in chunks, may become as large as may be.
    const isKnown = length >= 0 && request.headers['content-encoding'] === undefined;
    const room = inFlight.reserve(isKnown ? length : config.maxBodyBytes);
    reply.raw.once('close', () => room.release());
    admitted.set(request, { sender, room });
  };

  const take = async (request: FastifyRequest, reply: FastifyReply): Promise<object> => {
    const admission = admitted.get(request);
    if (admission === undefined) throw new Error('a request came past its admission');
    const { room } = admission;
    room.hold();
    try {
      reply.status(202);
      return await accept(request, admission);
    } finally {
      room.release();
    }
  };

  const accept = async (request: FastifyRequest, { sender, room }: Admission): Promise<object> => {
    if (!Buffer.isBuffer(request.body)) throw new Problem(400, 'no_body', 'The request has no body.');
    const text = await unpack(request.body, request.headers['content-encoding'], config.maxBodyBytes);
    room.shrinkTo(Math.max(text.length, request.body.length));
    const items = readItems(contentTypeOf(request.headers), text, config.maxBatchCalls);
    const { accepted, rejected } = sortCalls(items, sender, now(), limits);
    for (const { reason } of rejected) metrics.rejected.inc({ reason });
    if (accepted.length > 0) {
      const { outcome, released } = queue.send(accepted, config.publishTimeoutMs);
      room.hold();
      void released.then(() => room.release());
      if ((await outcome) === 'late') throw notAcknowledged();
      metrics.accepted.inc(accepted.length);
    } else if (rejected.length > 0) {
      throw allRejected(rejected);
    }
    return { accepted: accepted.length, rejected };
  };

  for (const type of Object.keys(contentTypes)) {
    server.app.addContentTypeParser(
      type,
      { parseAs: 'buffer' },
      async (_request: FastifyRequest, body: Buffer) => body,
    );
  }
  server.app.addHook('onResponse', async (_request, { statusCode }) => metrics.requests.inc({ status: statusCode }));
  server.app.post('/v1/calls', { onRequest: admit }, take);

  const url = await server.listen(config).catch((error) => {
    tokens[Symbol.dispose]();
    throw error;
  });
  return {
    url,
    broken: queue.broken,
    close: async () => {
      await server.close();
      tokens[Symbol.dispose]();
    },
  };
}

/** A request that may be read. */
interface Admission {
  readonly sender: Sender;
  readonly room: Reservation;
}

/** RFC 6750, section 3: without a token there is nothing to call wrong. */
function unauthorized(wasGiven: boolean): Problem {
  const realm = 'Bearer realm="apportion"';
  return new Problem(401, 'unauthorized', 'Send a valid token: Authorization: Bearer TOKEN.', {
    headers: { 'www-authenticate': wasGiven ? `${realm}, error="invalid_token"` : realm },
  });
}

function notAcknowledged(): Problem {
  const detail = 'Kafka has not acknowledged this in time. Send it again: what arrives twice counts once.';
  return new Problem(503, 'kafka_away', detail, { members: { accepted: 0 }, headers: { 'retry-after': '5' } });
}

function allRejected(rejected: readonly Rejection[]): Problem {
  const detail = rejected.length === 1 ? rejected[0]?.detail : `All ${rejected.length} calls were refused.`;
  return new Problem(422, 'all_rejected', detail ?? '', { members: { accepted: 0, rejected } });
}
