import { z } from 'zod';
import { parseInstant } from '../json-lines/instant.ts';

/** Where S3 is. Who asks is found by the AWS SDK: environment, profile, role of the pod or machine. */
const s3Shape = z.strictObject({
  /** A store other than AWS that speaks its protocol. */
  endpoint: z.url().optional(),
  /** Else as the SDK finds it: AWS_REGION, or the profile. */
  region: z.string().min(1).optional(),
  /** For stores that have the bucket in the path and not in the name of the host. */
  forcePathStyle: z.boolean().default(false),
});

export type S3Config = z.output<typeof s3Shape>;

/** The configuration of a FOCUS import: strict, and all its faults told at once. */
export const focusFileShape = z.strictObject({
  /**
   * Files, folders (all that ends in .csv, .csv.gz or .parquet below them) and globs; `s3://bucket/key`, and
   * `s3://bucket/prefix/` with all exports below it. They are read as one whole.
   */
  paths: z.array(z.string().min(1)).min(1),
  s3: s3Shape.prefault({}),
  /** What counts where each run of the exporter has a folder of its own: `one` refuses a second, `newest` takes the last. */
  deliveries: z.enum(['one', 'newest']).default('one'),
  /** Source by provider name; a provider that is not listed is its name in lower case, `Oracle` is `oracle`. */
  sources: z.record(z.string(), z.string().min(1)).default({}),
  /**
   * Columns whose texts, joined with `/`, are the account. Add `BillingCurrency` where one billing account bills in
   * several currencies.
   */
  accountColumns: z.array(z.string().min(1)).min(1).default(['BillingAccountId']),
  /** Columns, or tags as `tags.<key>`, that give the cluster: the first that is not empty. */
  cluster: z.array(z.string().min(1)).default([]),
  /** Columns, or tags as `tags.<key>`, that give the namespace: the first that is not empty. */
  namespace: z.array(z.string().min(1)).default([]),
  /** `billing-period`: final once the files are `finalAfterDays` younger than the end of the billing period. */
  status: z.enum(['billing-period', 'estimated', 'final']).default('billing-period'),
  /** Providers go on changing a month for some days after its end. */
  finalAfterDays: z.int().min(0).max(400).default(5),
  /** When the files were made; else the newest of their modification times. */
  observedAt: z.string().transform(readInstant).nullable().default(null),
  /** Always gives each sub-account a report of its own. Without it only days over 4 MiB are cut so. */
  splitBySubAccount: z.boolean().default(false),
  /** How many sums are held in memory at once; the files are read again for the days beyond. */
  maxSums: z.int().min(1).default(250_000),
});

export type FocusFileConfig = z.output<typeof focusFileShape>;

function readInstant(text: string, context: z.RefinementCtx): number {
  const instant = parseInstant(text);
  if (instant !== null) return instant;
  context.addIssue({ code: 'custom', message: 'expected an instant such as 2026-05-09T07:30:00Z' });
  return z.NEVER;
}
