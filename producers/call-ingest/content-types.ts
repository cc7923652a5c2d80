import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from '../../runtime/http/problem.ts';

/** How a body is read, by its content type. */
export const contentTypes = {
  'application/json': { isEvent: false, takes: ['an object', 'an array'] },
  'application/cloudevents+json': { isEvent: true, takes: ['an object'] },
  'application/cloudevents-batch+json': { isEvent: true, takes: ['an array'] },
} as const;

/**
 * The content type without its parameters; fastify has let none through that is not known.
 * @throws Problem 415 for another charset, and for events in binary mode, whose attributes stand in headers
 */
export function contentTypeOf(headers: IncomingHttpHeaders): keyof typeof contentTypes {
  const [type = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';');
  const charset = parameters.map((each) => each.trim()).find((each) => each.startsWith('charset='));
  if (charset !== undefined && !/^charset="?utf-8"?$/.test(charset)) {
    throw new Problem(415, 'wrong_charset', 'JSON comes as UTF-8.');
  }
  if (headers['ce-specversion'] !== undefined) {
    const detail = 'CloudEvents in binary mode are not taken: send them structured, as application/cloudevents+json.';
    throw new Problem(415, 'binary_event', detail);
  }
  const name = type.trim();
  if (name in contentTypes) return name as keyof typeof contentTypes;
  throw new Problem(415, 'wrong_content_type', `Calls come as ${Object.keys(contentTypes).join(', ')}.`);
}
