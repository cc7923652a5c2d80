import { z } from 'zod';
import { checkSecurity, securityShape } from './kafka/security.ts';

/** The libraries that can speak to Kafka for us, see runtime/kafka/client.ts. */
export const kafkaClients = ['kafkajs', 'platformatic'] as const;

export type KafkaClientName = (typeof kafkaClients)[number];

/** Every setting of every role, as environment variable and as key of a `--config` file. Unknown keys are refused. */
export const settingsShape = z
  .strictObject({
    kafkaBrokers: z
      .string()
      .min(1)
      .transform((text) => text.split(',').map((broker) => broker.trim())),
    /** The library that speaks to Kafka. */
    kafkaClient: z.enum(kafkaClients).default('kafkajs'),
    ...securityShape,
    schemaRegistryUrl: z.url(),
    /** Only those who read or write Postgres need it: no meter and no poller has to be given its password. */
    databaseUrl: z.url().optional(),
    topicPrefix: z
      .string()
      .regex(/^[a-zA-Z0-9._-]*$/)
      .default('apportion.'),
    topicPartitions: z.coerce.number().int().min(1).max(1000).default(4),
    replicationFactor: z.coerce.number().int().min(-1).default(-1),
    openDays: z.coerce.number().int().min(1).max(400).default(7),
    maxCallHours: z.coerce
      .number()
      .int()
      .min(1)
      .max(24 * 31)
      .default(24),
    horizonDays: z.coerce.number().int().min(1).max(4000).default(400),
    commitIntervalMs: z.coerce.number().int().min(10).max(60_000).default(1000),
    /** A role that is silent for so long loses its partitions to another. Brokers refuse less than 6 s. */
    sessionTimeoutMs: z.coerce.number().int().min(6_000).max(300_000).default(15_000),
    openDayIntervalMs: z.coerce.number().int().min(0).default(1000),
    openDayLinesPerSecond: z.coerce.number().int().min(1).default(5000),
    /** Each poller's own settings by its name, in a file only; the poller checks them. */
    pollers: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
    /** The settings of the role ingest, in a file only; the role checks them. */
    ingest: z.record(z.string(), z.unknown()).optional(),
    /** Where `/metrics`, `/healthz` and `/readyz` of a process of roles are; 0 is nowhere. */
    operationsPort: z.coerce.number().int().min(0).max(65_535).default(0),
    operationsHost: z.string().min(1).default('127.0.0.1'),
    logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  })
  .superRefine(checkSecurity);

export type Settings = z.output<typeof settingsShape>;
