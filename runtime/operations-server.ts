import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { createHttpServer, type HttpServer } from './http/server.ts';
import { collectProcessMetrics } from './metrics.ts';
import type { Readiness } from './readiness.ts';

export interface Operations {
  readonly metrics: Registry;
  readonly readiness: Readiness;
  readonly logger: Logger;
}

/**
 * What whoever operates a process asks it: `/metrics` for Prometheus, `/healthz` (it is alive), `/readyz` (its roles have
 * reached their servers; 503 and their names until then). Without authentication: for a network that is one's own.
 */
export function createOperationsServer({ metrics, readiness, logger }: Operations): HttpServer {
  const server = createHttpServer({ logger, maxBodyBytes: 1024, closeLimitMs: 1_000 });
  collectProcessMetrics(metrics);
  server.app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()));
  server.app.get('/healthz', async () => ({ status: 'ok' }));
  server.app.get('/readyz', async (_request, reply) => {
    const { waiting } = readiness;
    if (waiting.length > 0) reply.status(503);
    return { status: waiting.length === 0 ? 'ready' : 'waiting', waiting };
  });
  return server;
}
