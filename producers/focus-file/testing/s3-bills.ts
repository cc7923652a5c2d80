import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** A bucket as AWS Data Exports fills it, manifest included, and what tests do to it. */
export const BUCKET = 'bills';
export const PREFIX = `s3://${BUCKET}/focus/`;
/** What is put in place of `changing/` after it was listed. */
export const CHANGED = csv('9.5');

export async function objectsOfBucket(): Promise<Readonly<Record<string, Uint8Array>>> {
  const parquet = await readFile(join(import.meta.dirname, '../fixtures/decimal-int64.parquet'));
  return {
    'changing/focus-00001.csv': csv('1.5'),
    'focus/data/BILLING_PERIOD=2024-07/focus-00001.csv': csv('1.5'),
    'focus/data/BILLING_PERIOD=2024-08/focus-00001.csv.gz': gzipSync(csv('0.1', '08')),
    'focus/data/BILLING_PERIOD=2024-08/focus-00002.csv.gz': gzipSync(csv('0.2', '08')),
    'focus/data/BILLING_PERIOD=2024-09/focus-00001.snappy.parquet': parquet,
    'focus/metadata/BILLING_PERIOD=2024-09/focus-Manifest.json': Buffer.from('{"dataFiles":[]}'),
    'gone/focus-00001.csv': csv('1.5'),
  };
}

function csv(billed: string, month = '07'): Uint8Array {
  const header =
    'ProviderName,BillingAccountId,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ServiceName,BilledCost,EffectiveCost';
  const row = `AWS,123,USD,2024-${month}-18T22:00:00Z,2024-${month}-18T23:00:00Z,Usage,EC2,${billed},1`;
  return Buffer.from(`${header}\n${row}\n`);
}
