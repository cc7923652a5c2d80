import { z } from 'zod';
import { ApportionError } from '../../runtime/errors.ts';
import { secretRef } from '../../runtime/secrets.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

const tokenShape = z.strictObject({
  /** How logs and refusals call it; never the token itself. */
  name: z.string().min(1).max(64),
  token: secretRef,
  /** The only `source` that calls sent with it may have; any when left out. */
  source: z.string().min(1).optional(),
});

/** The settings below `ingest` in the file of `--config`. */
const ingestShape = z
  .strictObject({
    host: z.string().min(1),
    port: z.int().min(0).max(65_535),
    /** Several, so that one can be rotated while the other is still in use. */
    tokens: z.array(tokenShape).min(1).max(1_000),
    tokenRefreshMs: z.int().min(100).max(300_000).default(30_000),
    /** Of one request, packed and unpacked alike. */
    maxBodyBytes: z
      .int()
      .min(KIB)
      .max(64 * MIB)
      .default(4 * MIB),
    maxBatchCalls: z.int().min(1).max(50_000).default(5_000),
    /** Of all requests that are under way, unpacked. */
    maxInFlightBytes: z
      .int()
      .min(KIB)
      .max(1024 * MIB)
      .default(64 * MIB),
    /** How long a request waits for Kafka. Shorter than a closing server waits for its requests. */
    publishTimeoutMs: z.int().min(100).max(14_000).default(10_000),
  })
  .refine((config) => config.maxInFlightBytes >= config.maxBodyBytes, {
    path: ['maxInFlightBytes'],
    message: 'must be at least maxBodyBytes',
  })
  .refine(({ tokens }) => new Set(tokens.map(({ name }) => name)).size === tokens.length, {
    path: ['tokens'],
    message: 'two have the same name',
  });

export type IngestConfig = z.output<typeof ingestShape>;

/**
 * Checks the settings of the role.
 * @throws ApportionError `bad_settings` with all faults and their paths
 */
export function ingestConfig(settings: unknown): IngestConfig {
  const parsed = ingestShape.safeParse(settings ?? {});
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `  ${['ingest', ...issue.path].join('.')}: ${issue.message}`);
  throw new ApportionError(
    'bad_settings',
    `The settings of the role ingest are wrong:\n${faults.join('\n')}`,
    'Mend them in the file of --config, under ingest; docs/sources/calls-http.md lists them.',
  );
}
