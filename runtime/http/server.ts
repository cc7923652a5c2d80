import type { Socket } from 'node:net';
import { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, fastify } from 'fastify';
import type { Logger } from 'pino';
import { AllowedMethods } from './allowed-methods.ts';
import { listenError } from './errors.ts';
import { PROBLEM_TYPE, Problem, problemOf, problemOfConnection } from './problem.ts';

export interface HttpServerOptions {
  readonly logger: Logger;
  /** Of a body as it comes over the wire; routes may set less. */
  readonly maxBodyBytes: number;
  /** How long requests that are under way may still take when the server closes; then they are cut off. */
  readonly closeLimitMs?: number;
}

/** A server of HTTP, not yet listening. It knows no route, and no content type: whoever makes it adds them to `app`. */
export interface HttpServer {
  readonly app: FastifyInstance;
  /**
   * Resolves when connections are taken, with the server's URL; port 0 takes a free one.
   * @throws ApportionError `port_taken`, `port_forbidden`, `host_not_here`, `host_unknown`
   */
  listen(at: { readonly host: string; readonly port: number }): Promise<string>;
  /** Takes no more requests, and resolves when those under way are answered, or cut off at the limit. */
  close(): Promise<void>;
}

/** The same for every server: limits, and problem documents (RFC 9457) for whatever goes wrong. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { logger, closeLimitMs = 15_000 } = options;
  const methods = new AllowedMethods();
  let isClosing = false;
  const app = fastify({
    loggerInstance: quiet(logger),
    bodyLimit: options.maxBodyBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxRequestsPerSocket: MAX_REQUESTS_PER_CONNECTION,
    // What comes while the server closes is refused below, as a problem document.
    return503OnClosing: false,
    http: { connectionsCheckingInterval: 5_000 },
    frameworkErrors: (error, _request, reply) => void sendProblem(problemOf(error), reply),
    clientErrorHandler: (error, socket) => refuseConnection(error, socket),
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  app.removeAllContentTypeParsers();
  app.addHook('onRoute', (route) => methods.add(route.url, route.method));
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(SECURITY_HEADERS);
    if (isClosing) throw new Problem(503, 'closing', 'This server is closing.', { headers: { 'retry-after': '1' } });
  });
  // The rest of a body that is refused is read and forgotten, for a client that still writes would see no answer.
  app.addHook('onSend', async (_request, reply) => {
    if (isClosing) reply.header('connection', 'close');
    else reply.removeHeader('connection');
  });
  app.addHook('onResponse', async ({ method, url }, { statusCode, elapsedTime }) => {
    logger.debug({ method, url, statusCode, ms: Math.round(elapsedTime) }, 'answered');
  });
  app.setNotFoundHandler(({ url, method }) => {
    const allowed = methods.at(url.replace(/[?#].*$/s, '')).join(', ');
    if (allowed === '') throw new Problem(404, 'not_found', 'There is nothing at this address.');
    throw new Problem(405, 'wrong_method', `${method} is not taken here, but ${allowed}.`, {
      headers: { allow: allowed },
    });
  });
  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error);
    if (problem.status === 500) {
      logger.error({ err: error, method: request.method, url: request.url }, 'a request failed');
    }
    return sendProblem(problem, reply);
  });

  return {
    app,
    listen: async ({ host, port }) => {
      try {
        return await app.listen({ host, port });
      } catch (error) {
        throw listenError(`${host}:${port}`, error);
      }
    },
    close: async () => {
      isClosing = true;
      const cut = setTimeout(() => {
        logger.warn(`requests were under way for ${closeLimitMs} ms after the server was to close: cut off`);
        app.server.closeAllConnections();
      }, closeLimitMs);
      await app.close();
      clearTimeout(cut);
    },
  };
}

/** For all of a request, its body included. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than the idle time of usual balancers (60 s), so that it is they who close. */
const KEEP_ALIVE_MS = 65_000;
const MAX_CONNECTIONS = 2_000;
/** So that clients spread anew over servers that were added. */
const MAX_REQUESTS_PER_CONNECTION = 100_000;

/** Nothing here is a page, unless a route says otherwise: https://owasp.org/www-project-secure-headers/ */
const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Fastify tells each request at the level info. */
function quiet(logger: Logger): FastifyBaseLogger {
  return logger.isLevelEnabled('info') ? logger.child({}, { level: 'warn' }) : logger;
}

/** As bytes, since fastify would add a charset to the type, which JSON has none of. */
function sendProblem(problem: Problem, reply: Pick<FastifyReply, 'status' | 'headers' | 'type' | 'send'>): unknown {
  reply.status(problem.status).headers(problem.headers).type(PROBLEM_TYPE);
  return reply.send(Buffer.from(JSON.stringify(problem)));
}

function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = problemOfConnection(error);
  const body = JSON.stringify(problem);
  const { title } = JSON.parse(body) as { title: string };
  socket.end(
    `HTTP/1.1 ${problem.status} ${title}\r\nConnection: close\r\nContent-Type: ${PROBLEM_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
