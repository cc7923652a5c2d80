import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { Readable } from 'node:stream';
import type { Fetch } from '../../runtime/http/client.ts';

/**
 * `fetch` with the certificates, headers and proxy that options of node:https carry: Node's own `fetch` takes none of
 * them. Never follows a redirect.
 */
export function httpsFetch(options: RequestOptions): Fetch {
  return async (url, { method = 'GET', headers, signal }) => {
    const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
    const request = send(url, {
      ...options,
      method,
      headers: { ...options.headers, ...Object.fromEntries(new Headers(headers)) },
      ...(signal ? { signal } : {}),
    });
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return new Response(Readable.toWeb(response) as ReadableStream<Uint8Array>, {
      status: response.statusCode ?? 0,
      headers: headersOf(response),
    });
  };
}

function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    for (const value of values) headers.append(name, value);
  }
  return headers;
}
