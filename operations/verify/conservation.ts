import type { AttributionDocument } from '../../schemas/attribution-document.ts';
import { formatDay } from '../../schemas/day.ts';
import type { Money, SourceStatement, Statement } from '../../schemas/statement.ts';
import { moneyText, sameMoney, sumMoney } from '../money.ts';
import { Checking, type DayAudit } from './check.ts';
import type { StoredReport } from './stored-day.ts';

/** Every unit that came in is in a document, covered, or held: per source, and per day and currency. */
export function auditConservation(): DayAudit {
  const reported = new Checking('charges stored = what the statement says came in, per source, account and day');
  const accounted = new Checking('in = allocated + covered + held + unallocated, per source, account and day');
  const documented = new Checking('documents = in - covered - held, per day and currency');
  const lined = new Checking('a document = the sum of its lines');
  const totals = new Map<string, Sums>();
  return {
    audit({ statements, documents, reports }) {
      for (const statement of statements) {
        for (const source of statement.sources) {
          checkReported(reported, statement, source, reports);
          checkAccounted(accounted, statement, source);
        }
        const own = documents.filter((document) => document.currency === statement.currency);
        for (const document of own) checkLines(lined, document);
        const sums = sumsOf(statement, own);
        documented.expect(sameMoney(sumMoney([sums.documents, sums.apart]), sums.in), () => {
          return `${nameOf(statement)}: in ${moneyText(sums.in)}; documents ${moneyText(sums.documents)}; covered and held ${moneyText(sums.apart)}.`;
        });
        const total = totals.get(statement.currency);
        totals.set(statement.currency, total === undefined ? sums : add(total, sums));
      }
    },
    done() {
      const figures = [...totals].map(([currency, total]) => `${currency}: ${moneyText(total.in)}`).join('; ');
      return [reported.done(), accounted.done(`in ${figures}`), documented.done(), lined.done()];
    },
  };
}

interface Sums {
  readonly in: Money;
  readonly documents: Money;
  /** Covered and held. */
  readonly apart: Money;
}

function sumsOf(statement: Statement, documents: readonly AttributionDocument[]): Sums {
  return {
    in: sumMoney(statement.sources.map((source) => source.in)),
    documents: sumMoney(documents),
    apart: sumMoney(statement.sources.flatMap((source) => [source.covered, source.held])),
  };
}

function add(a: Sums, b: Sums): Sums {
  return {
    in: sumMoney([a.in, b.in]),
    documents: sumMoney([a.documents, b.documents]),
    apart: sumMoney([a.apart, b.apart]),
  };
}

function checkReported(
  checking: Checking,
  statement: Statement,
  source: SourceStatement,
  reports: readonly StoredReport[],
): void {
  // A converted report is compared by recomputing the day; its charges are in another currency.
  if (source.rate !== null) return;
  const own = reports.filter(({ report }) => report.source === source.source && report.account === source.account);
  const stored = sumMoney(own.flatMap(({ report }) => report.lines));
  checking.expect(sameMoney(stored, source.in), () => {
    return `${nameOf(statement)} ${source.source} ${source.account}: charges ${moneyText(stored)}; statement ${moneyText(source.in)}.`;
  });
}

function checkAccounted(checking: Checking, statement: Statement, source: SourceStatement): void {
  const out = sumMoney([source.allocated, source.covered, source.held, ...Object.values(source.unallocated)]);
  const held = sumMoney(Object.values(source.heldReasons));
  const holds = sameMoney(out, source.in) && sameMoney(source.difference, sumMoney([])) && sameMoney(held, source.held);
  checking.expect(holds, () => {
    return `${nameOf(statement)} ${source.source} ${source.account}: in ${moneyText(source.in)}; out ${moneyText(out)}; difference ${moneyText(source.difference)}.`;
  });
}

function checkLines(checking: Checking, document: AttributionDocument): void {
  const lines = sumMoney(document.lines);
  checking.expect(sameMoney(lines, document), () => {
    return `${formatDay(document.day)} ${document.tenant} ${document.currency}: document ${moneyText(document)}; lines ${moneyText(lines)}.`;
  });
}

function nameOf(statement: Statement): string {
  return `${formatDay(statement.day)} ${statement.currency}`;
}
