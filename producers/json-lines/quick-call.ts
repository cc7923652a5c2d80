import type { Call } from '../../schemas/call.ts';
import { parseInstant } from './instant.ts';

/**
 * A call out of JSON that fits the shape of call-line.ts for certain, several times sooner than the shape reads it; null
 * for all else, about which the shape says what is wrong. A property holds the two to the same.
 */
export function quickCall(json: unknown): Call | null {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return null;
  const fields = json as Readonly<Record<string, unknown>>;
  const { source, callId, tenant, product = '', cluster = '', namespace = '', startedAt, endedAt } = fields;
  if (!isText(source) || !isText(callId) || !isText(tenant)) return null;
  if (!isText(product) || !isText(cluster) || !isText(namespace)) return null;
  if (typeof startedAt !== 'string' || typeof endedAt !== 'string') return null;
  const present = Number(fields['product'] !== undefined) + Number(fields['cluster'] !== undefined);
  const known = REQUIRED_FIELDS + present + Number(fields['namespace'] !== undefined);
  if (Object.keys(fields).length !== known) return null;
  const startMs = parseInstant(startedAt);
  const endMs = parseInstant(endedAt);
  if (startMs === null || endMs === null) return null;
  return { source, callId, tenant, product, cluster, namespace, startedAt: startMs, endedAt: endMs };
}

const REQUIRED_FIELDS = 5;

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed();
}
