/** The invariants of the allocation, each as a property of random days: see testing/generate.ts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Catalog } from '../schemas/catalog.ts';
import type { CostReport } from '../schemas/cost-report.ts';
import { addDays, formatDay } from '../schemas/day.ts';
import type { Day } from '../schemas/scalars.ts';
import { allocateDay, type DayInputs, type DayOutcome } from './allocate-day.ts';
import { catalogChanges } from './catalog-changes.ts';
import { compileCatalog } from './compile-catalog.ts';
import { documentText } from './document-text.ts';
import { newestReport } from './newest-report.ts';
import { includes } from './period.ts';
import { statementText } from './statement-text.ts';
import { D, total } from './testing/build.ts';
import {
  accepted,
  catalogArb,
  inputsArb,
  lineArb,
  RUNS,
  rawCatalogArb,
  reportsArb,
  totalsArb,
} from './testing/generate.ts';
import { fits } from './testing/oracle.ts';

const run = (catalog: Catalog, inputs: DayInputs): DayOutcome => allocateDay(inputs, compileCatalog(catalog));

/** Everything that is published about a day, as bytes. */
function bytes({ documents, statements }: DayOutcome): string[] {
  return [...documents.map(documentText), ...statements.map(statementText)];
}

const shuffled = <T>(values: readonly T[]): fc.Arbitrary<T[]> =>
  fc.shuffledSubarray([...values], { minLength: values.length, maxLength: values.length });

/** One more date than the generator knows, to move things to. */
const offsetArb = fc.integer({ min: -3, max: 4 });

describe('invariant 1: of each origin everything is allocated, unallocated, covered or held', () => {
  it('holds for every group of charges that one rule decides', () => {
    fc.assert(
      fc.property(catalogArb, inputsArb, (catalog, inputs) => {
        const dollars = inputs.reports.map((report): CostReport => ({ ...report, currency: 'USD' }));
        const { documents } = run(catalog, { ...inputs, reports: dollars });
        const left = new Map<string, [billed: bigint, effective: bigint]>();
        const add = (key: unknown[], billed: bigint, effective: bigint): void => {
          const [b, e] = left.get(JSON.stringify(key)) ?? [0n, 0n];
          left.set(JSON.stringify(key), [b + billed, e + effective]);
        };
        const date = formatDay(inputs.day);
        const valid = catalog.rules.filter(({ from = '', to = '9999' }) => from <= date && date < to);
        for (const report of dollars) {
          for (const line of report.lines) {
            const rule = valid.find((candidate) => fits(candidate, report, line));
            if (rule?.cover !== undefined || rule?.hold !== undefined) continue;
            const { service, cluster, namespace, region, subAccount, category, billed, effective } = line;
            const { source, account } = report;
            const key = [source, account, service, cluster, namespace, region, subAccount, category, rule?.id ?? ''];
            add(key, billed, effective);
          }
        }
        for (const it of documents.flatMap((document) => document.lines)) {
          const { source, account, service, cluster, namespace, region, subAccount, category, ruleId } = it;
          const key = [source, account, service, cluster, namespace, region, subAccount, category, ruleId];
          add(key, -it.billed, -it.effective);
        }
        for (const [key, rest] of left) assert.deepEqual(rest, [0n, 0n], key);
      }),
      RUNS,
    );
  });
});

describe('invariant 2: the documents of a day are its charges less what is covered and held', () => {
  it('holds in every currency, for billed and for effective', () => {
    fc.assert(
      fc.property(catalogArb, inputsArb, (catalog, inputs) => {
        const { documents, statements } = run(catalog, inputs);
        for (const { currency, sources } of statements) {
          for (const field of ['billed', 'effective'] as const) {
            const own = documents.filter((document) => document.currency === currency);
            const given = own.reduce((sum, document) => sum + document[field], 0n);
            const lines = own.flatMap((document) => document.lines).reduce((sum, line) => sum + line[field], 0n);
            const due = sources.reduce((sum, row) => sum + row.in[field] - row.covered[field] - row.held[field], 0n);
            assert.equal(given, due);
            assert.equal(lines, due);
            for (const row of sources) assert.equal(row.difference[field], 0n);
          }
        }
      }),
      RUNS,
    );
  });

  it('and without a conversion what comes in is what the reports say', () => {
    fc.assert(
      fc.property(catalogArb, inputsArb, (catalog, inputs) => {
        const { statements } = run({ ...catalog, rates: [] }, inputs);
        for (const field of ['billed', 'effective'] as const) {
          const lines = inputs.reports.flatMap((report) => report.lines);
          const rows = statements.flatMap((statement) => statement.sources);
          assert.equal(
            rows.reduce((sum, row) => sum + row.in[field], 0n),
            lines.reduce((sum, line) => sum + line[field], 0n),
          );
        }
      }),
      RUNS,
    );
  });
});

describe('invariant 3: the order of the inputs and their repetition change no byte', () => {
  it('holds for reports, their lines, and totals', () => {
    const cases = fc
      .tuple(catalogArb, inputsArb)
      .chain(([catalog, inputs]) =>
        fc.tuple(
          fc.constant({ catalog, inputs }),
          shuffled(inputs.reports),
          shuffled(inputs.totals),
          fc.tuple(...inputs.reports.map((report) => shuffled(report.lines))),
        ),
      );
    fc.assert(
      fc.property(cases, ([{ catalog, inputs }, reports, totals, lines]) => {
        const mixed = reports.map((report) => ({ ...report, lines: lines[inputs.reports.indexOf(report)] ?? [] }));
        assert.deepEqual(bytes(run(catalog, { ...inputs, reports: mixed, totals })), bytes(run(catalog, inputs)));
      }),
      RUNS,
    );
  });

  it('holds for reports that replace one another, in any order of arrival and any number of times', () => {
    const versions = fc
      .array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.array(lineArb, { maxLength: 2 })), {
        minLength: 1,
        maxLength: 5,
      })
      .chain((list) => {
        const reports = list.map(([observedAt, lines]): CostReport => {
          return { source: 'aws', account: '1', day: D, currency: 'USD', observedAt, status: 'final', lines };
        });
        return fc.tuple(fc.constant(reports), shuffled([...reports, ...reports]));
      });
    fc.assert(
      fc.property(versions, ([once, twiceMixed]) => {
        const newest = once.reduce(newestReport);
        assert.deepEqual(twiceMixed.reduce(newestReport), newest);
        assert.equal(newest.observedAt, Math.max(...once.map((report) => report.observedAt)));
      }),
      RUNS,
    );
  });
});

describe('invariant 4: usage counts by its ratio alone', () => {
  it('gives everyone the same amounts when all quantities are multiplied by a constant', () => {
    fc.assert(
      fc.property(catalogArb, inputsArb, fc.integer({ min: 2, max: 1000 }), (catalog, inputs, factor) => {
        const totals = inputs.totals.map((it) => ({
          ...it,
          quantity: it.quantity * BigInt(factor),
          callCount: it.callCount === null ? null : it.callCount * factor,
        }));
        const amounts = ({ documents }: DayOutcome): unknown =>
          documents.map(({ tenant, currency, billed, effective, lines }) => [
            tenant,
            currency,
            billed,
            effective,
            lines.map((line) => ({ ...line, weight: '', totalWeight: '' })),
          ]);
        assert.deepEqual(amounts(run(catalog, { ...inputs, totals })), amounts(run(catalog, inputs)));
      }),
      RUNS,
    );
  });
});

describe('invariant 5: a dedicated charge is one line equal to its origin', () => {
  it('holds for every charge, whatever its amount', () => {
    fc.assert(
      fc.property(lineArb, totalsArb, (line, totals) => {
        const catalog = accepted({
          version: 1,
          currency: 'USD',
          tenants: [{ id: 'acme' }],
          rules: [{ id: 'rule', match: {}, assign: { tenant: 'acme' } }],
        });
        const reports: CostReport[] = [
          { source: 'aws', account: '1', day: D, currency: 'USD', observedAt: 0, status: 'final', lines: [line] },
        ];
        const inputs = { day: D, reports, totals, stamp: { calcVersion: 1, revision: 1 } };
        const [document, ...others] = run(catalog, inputs).documents;
        assert.equal(others.length, 0);
        assert.equal(document?.tenant, 'acme');
        assert.equal(document.lines.length, 1);
        const { resource, tags, ...shown } = line;
        for (const [field, value] of Object.entries(shown)) {
          assert.equal(Reflect.get(document.lines[0] ?? {}, field), value, field);
        }
        assert.equal(document.lines[0]?.method, 'dedicated');
      }),
      RUNS,
    );
  });
});

describe('invariant 6: weeks and months are sums of days', () => {
  it('holds because a day is computed from its own inputs: what other days hold changes nothing', () => {
    const later = formatDay(addDays(D, 1));
    fc.assert(
      fc.property(rawCatalogArb, inputsArb, (raw, inputs) => {
        const catalog = accepted(raw);
        // A tenant, a rate and a rule that begin tomorrow are all that tomorrow could send back into today.
        const more = accepted({
          ...raw,
          tenants: [...raw.tenants, { id: 'newcomer', from: later, aliases: ['nobody'] }],
          rates: [...raw.rates, { from: 'SEK', to: 'USD', day: later, rate: '0.1' }],
          rules: [{ id: 'first', match: {}, from: later, leave: { reason: 'later' } }, ...raw.rules],
        });
        assert.deepEqual(bytes(run(more, inputs)), bytes(run(catalog, inputs)));
      }),
      RUNS,
    );
  });
});

describe('invariant 7: who uses nothing changes no line of method usage', () => {
  it('holds for a new tenant and for an id with a quantity of zero', () => {
    fc.assert(
      fc.property(rawCatalogArb, inputsArb, (raw, inputs) => {
        const usageLines = ({ documents }: DayOutcome): unknown =>
          documents
            .map(({ tenant, lines }) => ({ tenant, lines: lines.filter(({ method }) => method === 'usage') }))
            .filter(({ lines }) => lines.length > 0);
        const more = accepted({ ...raw, tenants: [...raw.tenants, { id: 'quiet', aliases: ['quiet-prod'] }] });
        const totals = ['quiet-prod', 'nobody at all'].flatMap((tenant) =>
          ['call_duration', 'login'].map((meter) => total({ tenant, meter, callCount: 0, product: 'asr' })),
        );
        const after = run(more, { ...inputs, totals: [...inputs.totals, ...totals] });
        assert.deepEqual(usageLines(after), usageLines(run(accepted(raw), inputs)));
      }),
      RUNS,
    );
  });
});

describe('invariant 8: a change of the catalog leaves the days alone that it does not touch', () => {
  it('moving the from of a rule to a later day changes no day before it began, nor any after it begins now', () => {
    const cases = fc.record({
      raw: rawCatalogArb,
      reports: reportsArb,
      totals: totalsArb,
      pick: fc.nat(),
      from: fc.integer({ min: -1, max: 2 }),
      days: fc.integer({ min: 1, max: 2 }),
      offset: offsetArb,
    });
    fc.assert(
      fc.property(cases, ({ raw, reports, totals, pick, from, days, offset }) => {
        const begins = (first: number): Catalog => {
          const rules = raw.rules.map((rule, i) =>
            i === pick % raw.rules.length ? { ...rule, from: formatDay(addDays(D, first)), to: undefined } : rule,
          );
          return accepted({ ...raw, rules });
        };
        const [before, after] = [begins(from), begins(from + days)];
        assert.ok(catalogChanges(before, after).touches.length <= 1);
        for (const { from: first, to } of catalogChanges(before, after).touches) {
          assert.deepEqual([first, to], [addDays(D, from), addDays(D, from + days)]);
        }
        if (from <= offset && offset < from + days) return;
        const day = addDays(D, offset);
        const inputs = onDay(day, { day, reports, totals, stamp: { calcVersion: 1, revision: 1 } });
        assert.deepEqual(bytes(run(after, inputs)), bytes(run(before, inputs)));
      }),
      RUNS,
    );
  });

  it('a day outside of what catalogChanges says it touches stays the same to the last byte', () => {
    const changed = rawCatalogArb.chain((raw) =>
      fc.tuple(fc.constant(raw), rawCatalogArb, fc.subarray(['tenants', 'expected', 'rates', 'rules'] as const)),
    );
    let untouched = 0;
    fc.assert(
      fc.property(changed, reportsArb, totalsArb, offsetArb, ([raw, other, sections], reports, totals, offset) => {
        const replaced = Object.fromEntries(sections.map((section) => [section, other[section]]));
        const [before, after] = [accepted(raw), accepted({ ...raw, ...replaced })];
        const { touches } = catalogChanges(before, after);
        const day = addDays(D, offset);
        if (touches.some((range) => includes(range, day))) return;
        untouched += 1;
        const inputs = onDay(day, { day, reports, totals, stamp: { calcVersion: 1, revision: 1 } });
        assert.deepEqual(bytes(run(after, inputs)), bytes(run(before, inputs)));
      }),
      RUNS,
    );
    assert.ok(untouched > 0, 'no case left a day untouched: the property was never tried');
  });
});

function onDay(day: Day, inputs: DayInputs): DayInputs {
  return {
    ...inputs,
    reports: inputs.reports.map((report) => ({ ...report, day })),
    totals: inputs.totals.map((it) => ({ ...it, day })),
  };
}
