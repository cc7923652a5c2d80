import { parseAmount } from '../../../attribution/amount.ts';
import type { CostLine, CostReport, ReportStatus } from '../../../schemas/cost-report.ts';
import { addDays, startOf } from '../../../schemas/day.ts';
import type { Amount, Day, Instant } from '../../../schemas/scalars.ts';
import { Random } from './random.ts';
import { clusters, namespaces } from './world.ts';

/** The AWS account that pays for all. */
export const AWS_ACCOUNT = '111122223333';
/** The Datadog organisation. */
export const DATADOG_ACCOUNT = 'speech-platform';

const HOUR_MS = 3_600_000;
const MICROS_PER_CENT = 10_000;

/** The namespace costs of each cluster, as CAST AI prices them, and what no namespace asked for. */
export function castAiReports(seed: number, day: Day, status: ReportStatus): CostReport[] {
  const random = new Random(seed, `cast-ai/${day}`);
  return clusters.map(({ id: cluster, region }) => {
    const own = namespaces.filter((namespace) => namespace.cluster === cluster);
    const lines = own.map(({ name, cents }) =>
      line({ service: 'workloads', cluster, namespace: name, region }, varied(random, cents)),
    );
    const idle = varied(random, Math.round(own.reduce((sum, { cents }) => sum + cents, 0) * 0.11));
    lines.push(line({ service: 'idle', cluster, region }, idle));
    return report('cast-ai', cluster, day, status, observedAt(day, 1), lines);
  });
}

/** A bill with machines that CAST AI has priced already, a credit, and tax. */
export function awsReport(seed: number, day: Day, status: ReportStatus): CostReport {
  const random = new Random(seed, `aws/${day}`);
  const lines = clusters.flatMap(({ region }) => {
    const machines = varied(random, 82_000);
    // Bought ahead: what is billed for the hour is nothing, what it is worth is a share of the commitment.
    const database = varied(random, 6_900);
    return [
      line({ service: 'Amazon Elastic Compute Cloud', region, subAccount: 'platform' }, machines, machines * 0.72),
      line({ service: 'Amazon Elastic Kubernetes Service', region, subAccount: 'platform' }, 720 * MICROS_PER_CENT),
      line({ service: 'Amazon Simple Storage Service', region, subAccount: 'recordings' }, varied(random, 3_400)),
      line({ service: 'AWS Data Transfer', region, subAccount: 'platform' }, varied(random, 5_150)),
      line({ service: 'Amazon Relational Database Service', region, subAccount: 'platform' }, 0, database),
    ];
  });
  const everywhere = { region: '', subAccount: 'platform' };
  lines.push(line({ ...everywhere, service: 'AWS Support (Business)' }, varied(random, 9_000)));
  lines.push(line({ ...everywhere, service: 'Tax', category: 'Tax' }, varied(random, 12_400)));
  lines.push(line({ ...everywhere, service: 'EDP discount', category: 'Credit' }, -varied(random, 7_300)));
  return report('aws', AWS_ACCOUNT, day, status, observedAt(day, 8), lines);
}

/** The bill of a day once more, as AWS restates it: storage falls away, transfer costs more, a credit comes on top. */
export function restated(before: CostReport): CostReport {
  const kept = before.lines.filter(({ service }) => service !== 'Amazon Simple Storage Service');
  const lines = kept.map((one) =>
    one.service === 'AWS Data Transfer' ? { ...one, billed: micros(63_317_455), effective: micros(63_317_455) } : one,
  );
  lines.push(line({ service: 'Refund', region: '', subAccount: 'platform', category: 'Credit' }, -18_250_000));
  return { ...before, observedAt: before.observedAt + 48 * HOUR_MS, lines };
}

/** A bill per product; the fifth day has a credit. */
export function datadogReport(seed: number, day: Day, status: ReportStatus, isCredited: boolean): CostReport {
  const random = new Random(seed, `datadog/${day}`);
  const lines = [
    line({ service: 'infra_host' }, varied(random, 8_600)),
    line({ service: 'logs_indexed' }, varied(random, 4_250)),
    line({ service: 'apm_host' }, varied(random, 3_100)),
    line({ service: 'synthetics' }, varied(random, 420)),
  ];
  if (isCredited) lines.push(line({ service: 'logs_indexed', category: 'Credit' }, -2_500 * MICROS_PER_CENT));
  return report('datadog', DATADOG_ACCOUNT, day, status, observedAt(day, 10), lines);
}

/** Some cents as micro-units, up to 9 % more or less. */
function varied(random: Random, cents: number): number {
  return Math.round(cents * MICROS_PER_CENT * (0.91 + 0.18 * random.fraction()));
}

function line(described: Partial<CostLine>, billed: number, effective = billed): CostLine {
  const place = {
    service: '',
    cluster: '',
    namespace: '',
    region: '',
    resource: '',
    subAccount: '',
    category: 'Usage',
  };
  return { ...place, ...described, billed: micros(billed), effective: micros(Math.round(effective)), tags: {} };
}

/** Micro-units as an amount, by way of decimal text as all amounts come. */
function micros(units: number): Amount {
  const amount = parseAmount(`${units}e-6`);
  if (typeof amount !== 'bigint') throw new RangeError(amount.fault);
  return amount;
}

function observedAt(day: Day, hours: number): Instant {
  return startOf(addDays(day, 1)) + hours * HOUR_MS;
}

function report(
  source: string,
  account: string,
  day: Day,
  status: ReportStatus,
  observed: Instant,
  lines: readonly CostLine[],
): CostReport {
  return { source, account, day, currency: 'USD', observedAt: observed, status, lines };
}
