import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentDigest } from '../../attribution/document-text.ts';
import { emptyDocument } from '../../attribution/empty-document.ts';
import { listDeadLetters } from '../../operations/dead-letters.ts';
import { readStandingInputs, readStandingResults, type StandingInputs } from '../../operations/read-standing.ts';
import type { Check } from '../../operations/verify/check.ts';
import { dayOfLine } from '../../operations/verify/letters.ts';
import { verify } from '../../operations/verify/verify.ts';
import type { AttributionDocument } from '../../schemas/attribution-document.ts';
import { addDays, formatDay } from '../../schemas/day.ts';
import type { Amount, Day } from '../../schemas/scalars.ts';
import type { Statement } from '../../schemas/statement.ts';
import { attributions, calls, deadLetters, statements, usageTotals } from '../../schemas/topics.ts';
import type { UsageTotal } from '../../schemas/usage-total.ts';
import { faultInput } from '../faults/input.ts';
import { type PipelineRun, withRun } from '../faults/pipeline-run.ts';
import { apportion } from './command.ts';
import { deleteRecords } from './raw-kafka.ts';
import { testStack } from './stack.ts';

const stack = await testStack();
const input = faultInput({ seed: 11, nowMs: Date.now(), calls: 4_000, days: 14, callsPerPiece: 40 });
/** The last days: few, since they are audited often; they have lines that are late, repeated and in conflict. */
const range = { from: addDays(input.range.to, -3), to: input.range.to };

/** Something that is wrong, and how it is mended again. */
interface Plant {
  readonly name: string;
  /** The checks that must see it, by how their names begin; all others must not. */
  readonly seenBy: readonly string[];
  readonly plant: (run: Planting) => Promise<void>;
  readonly mend: (run: Planting) => Promise<void>;
}

/** A run, and what stood in its topics before anything was planted. */
interface Planting {
  readonly run: PipelineRun;
  readonly document: AttributionDocument;
  readonly statement: Statement;
  readonly total: UsageTotal;
}

/** What Postgres says otherwise than the topics. */
const inPostgres: readonly Plant[] = [
  sql(
    'a charge of another resource',
    'reports and charges in Postgres',
    `UPDATE cost_charge SET resource = resource || '!' WHERE (source, account, day, line) =
       (SELECT source, account, day, line FROM cost_charge ORDER BY day DESC, source, account, line LIMIT 1)`,
    `UPDATE cost_charge SET resource = rtrim(resource, '!')`,
  ),
  sql(
    'a report without one of its charges, of which it knows',
    'reports and charges in Postgres',
    `UPDATE cost_report SET lines = lines + 1 WHERE day = (SELECT max(day) FROM cost_report)`,
    `UPDATE cost_report SET lines = lines - 1 WHERE day = (SELECT max(day) FROM cost_report)`,
  ),
  sql(
    'a usage total that is one too high',
    'usage totals in Postgres',
    `UPDATE usage_total SET quantity = quantity + 1 WHERE day = (SELECT max(day) FROM usage_total)`,
    `UPDATE usage_total SET quantity = quantity - 1 WHERE day = (SELECT max(day) FROM usage_total)`,
  ),
  sql(
    'a history whose newest revision is another than the document',
    'newest revision of the history',
    `UPDATE attribution_history SET revision = revision + 1000000 WHERE day = (SELECT max(day) FROM attribution)`,
    `UPDATE attribution_history SET revision = revision - 1000000 WHERE day = (SELECT max(day) FROM attribution)`,
  ),
  sql(
    'a history that keeps no document',
    'newest revision of the history',
    `UPDATE attribution_history SET document = substring(document FROM 2) WHERE day = (SELECT max(day) FROM attribution)`,
    `UPDATE attribution_history SET document = '\\x1f' || document WHERE day = (SELECT max(day) FROM attribution)`,
  ),
  sql(
    'a statement that counts a repeated line too many',
    'statements in Postgres',
    'UPDATE statement_usage SET duplicates = duplicates + 1',
    'UPDATE statement_usage SET duplicates = duplicates - 1',
  ),
  sql(
    'a statement of another revision',
    'statements in Postgres',
    'UPDATE statement SET revision = revision + 1',
    'UPDATE statement SET revision = revision - 1',
  ),
  sql(
    'a week that is not the sum of its days',
    'weeks',
    'UPDATE tenant_week SET billed = billed + 0.000000000001',
    'UPDATE tenant_week SET billed = billed - 0.000000000001',
  ),
];

/** What was published wrongly, and went on from there as if it were right. */
const inTopics: readonly Plant[] = [
  {
    name: 'a document whose lines are not those of its digest',
    seenBy: ['digest of a document'],
    plant: ({ run, document }) => {
      const lines = document.lines.map((line) => ({ ...line, driver: `${line.driver}!` }));
      return published(run, later(document, 1, { lines }));
    },
    mend: ({ run, document }) => published(run, later(document, 2, {})),
  },
  {
    name: 'a document too many, of nothing',
    seenBy: ['digest of a statement'],
    plant: ({ run, document }) => published(run, ghostOf(document)),
    mend: async ({ run, document }) => {
      const { day, currency, status, calcVersion, revision } = document;
      const stamp = { calcVersion, revision: revision + 1 };
      await published(run, emptyDocument('ghost', { day, currency, status, stamp }));
    },
  },
  {
    name: 'a statement that says of usage what is not so',
    seenBy: ['statements recomputed'],
    plant: async ({ run, statement }) => {
      const usage = statement.usage.map((meter) => ({ ...meter, late: meter.late + 1 }));
      await stated(run, { ...statement, usage, revision: statement.revision + 1 });
    },
    mend: ({ run, statement }) => stated(run, { ...statement, revision: statement.revision + 2 }),
  },
  {
    name: 'a document of another status, whose digest fits',
    seenBy: ['days recomputed', 'digest of a statement'],
    plant: ({ run, document }) => {
      const status = document.status === 'final' ? 'estimated' : 'final';
      return published(run, later(document, 3, { status, digest: documentDigest(status, document.lines) }));
    },
    mend: ({ run, document }) => published(run, later(document, 4, {})),
  },
  {
    name: 'a total that the calls do not give, and all that follows from it',
    seenBy: ['usage totals = calls and usage'],
    plant: ({ run, total }) => totalled(run, { ...total, quantity: total.quantity + 3_600_000n }),
    mend: ({ run, total }) => totalled(run, total),
  },
  {
    name: 'a total of what nobody used',
    seenBy: ['usage totals = calls and usage'],
    plant: ({ run, total }) => totalled(run, { ...total, namespace: 'nowhere' }),
    // Totals are never taken back: it stays, with nothing in it, and is still not what the log gives.
    mend: ({ run, total }) => totalled(run, { ...total, namespace: 'nowhere', quantity: 0n, callCount: 0 }),
  },
];

function sql(name: string, check: string, plant: string, mend: string): Plant {
  const does = async ({ run }: Planting, text: string): Promise<void> => {
    const { rowCount } = await run.world.pool.query(text);
    assert.ok((rowCount ?? 0) > 0, 'something was planted');
  };
  return { name, seenBy: [check], plant: (run) => does(run, plant), mend: (run) => does(run, mend) };
}

function later(document: AttributionDocument, by: number, fields: Partial<AttributionDocument>): AttributionDocument {
  return { ...document, revision: document.revision + by, ...fields };
}

function ghostOf(document: AttributionDocument): AttributionDocument {
  const nothing = { billed: 0n as Amount, effective: 0n as Amount };
  const lines = document.lines.slice(0, 1).map((line) => ({ ...line, ...nothing }));
  return { ...document, ...nothing, tenant: 'ghost', lines, digest: documentDigest(document.status, lines) };
}

async function published(run: PipelineRun, document: AttributionDocument): Promise<void> {
  await (await run.world.publisher()).publish(attributions, [document]);
  await run.settle();
}

async function stated(run: PipelineRun, statement: Statement): Promise<void> {
  await (await run.world.publisher()).publish(statements, [statement]);
  await run.settle();
}

async function totalled(run: PipelineRun, total: UsageTotal): Promise<void> {
  await (await run.world.publisher()).publish(usageTotals, [total]);
  await run.settle();
}

/** The checks that fail, by name. */
async function failing(run: PipelineRun): Promise<readonly string[]> {
  return (await failed(run)).map(({ name }) => name);
}

async function failed({ world }: PipelineRun): Promise<readonly Check[]> {
  const { kafka, pool, settings } = world;
  const { openDays, maxCallHours, topicPrefix: prefix } = settings;
  const deep = { admin: world.admin, openDays, maxCallHours };
  const checks = await verify({ kafka, pool, prefix, codec: await world.codec(), deep }, range);
  for (const { faults, failed } of checks) assert.equal(faults.length > 0, failed > 0, 'what fails says why');
  return checks.filter(({ failed }) => failed > 0);
}

async function plantingOf(run: PipelineRun): Promise<Planting> {
  const { kafka, settings } = run.world;
  const source = { kafka, prefix: settings.topicPrefix, codec: await run.world.codec(), range };
  const days = await readStandingResults(source);
  const [document] = [...days.documents.values()].filter(({ tenant, lines }) => tenant === 'acme' && lines.length > 0);
  const statement = [...days.statements.values()].find(({ day, usage }) => day === document?.day && usage.length > 0);
  // Of another day: what follows from it must not bear the revision of a document that was planted.
  const total = callTotal(await readStandingInputs(source), document?.day);
  assert.ok(document !== undefined && statement !== undefined && total !== undefined);
  return { run, document, statement, total };
}

function callTotal({ totals }: StandingInputs, notOn: Day | undefined): UsageTotal | undefined {
  const called = ({ day, identity, quantity }: UsageTotal): boolean =>
    day !== notOn && identity === '' && quantity > 0n;
  return [...totals.values()].flat().find(called);
}

test('verify', { timeout: 280_000 }, async (t) => {
  await withRun(stack, input, async (run) => {
    await Promise.all(run.start(['all']).map((role) => role.untilLive()));
    await run.sendUntil(1);
    await run.settle();
    const args = ['--from', formatDay(range.from), '--to', formatDay(range.to)];

    await t.test('passes every check', async () => {
      const { code, stdout } = await apportion(['verify', ...args, '--deep'], run.env);
      assert.equal(code, 0, stdout);
      assert.equal(stdout.match(/^Passed/gm)?.length, 17, stdout);
    });

    const planting = await plantingOf(run);
    for (const { name, seenBy, plant, mend } of [...inPostgres, ...inTopics]) {
      await t.test(`sees, by no other check than is for it, ${name}`, async () => {
        await plant(planting);
        const seen = await failing(run);
        const unseen = seenBy.filter((check) => !seen.some((each) => each.startsWith(check)));
        const others = seen.filter((each) => !seenBy.some((check) => each.startsWith(check)));
        assert.deepEqual({ unseen, others }, { unseen: [], others: [] });
        await mend(planting);
      });
    }

    await t.test('counts days that a replay was promoted for as the replay did', async () => {
      const { code, stderr } = await apportion(['replay', ...args, '--promote'], run.env);
      assert.equal(code, 0, stderr);
      await run.settle();
      assert.deepEqual(await failing(run), []);
      const { total } = await plantingOf(run);
      await totalled(run, { ...total, quantity: total.quantity + 1n });
      const [seen = '', ...others] = await failing(run);
      assert.match(seen, /^usage totals = calls and usage/);
      assert.deepEqual(others, []);
      await totalled(run, total);
    });

    // Last, since letters are never taken back.
    await t.test('sees a letter that stands twice, one that nothing gives, and those that are missing', async () => {
      const { kafka, settings } = run.world;
      const { topicPrefix: prefix } = settings;
      const codec = await run.world.codec();
      const letters = await listDeadLetters(kafka, prefix, codec, { topic: calls.name });
      const letter = letters.find(({ topic, value, timestamp }) => {
        const day = dayOfLine(codec, topic, value, timestamp);
        return day >= range.from && day <= range.to;
      });
      assert.ok(letter !== undefined);
      const place = (offset: number): string => `${letter.topic}/${letter.partition}/${offset} by meter`;
      await (await run.world.publisher()).publish(deadLetters, [letter, { ...letter, offset: 0 }]);
      const [planted, ...others] = await failed(run);
      assert.deepEqual(
        [others, planted?.faults.toSorted()],
        [
          [],
          [
            `${place(0)}: told as ${letter.reason}, and nothing in the log gives it.`,
            `${place(letter.offset)}: told 2 times.`,
          ].toSorted(),
        ],
      );
      await deleteRecords(settings.kafkaBrokers.join(), prefix + deadLetters.name, '-1', letter.partition);
      const [missing] = await failed(run);
      assert.ok(
        missing?.faults.includes(`${place(letter.offset)}: refused as ${letter.reason}, and no letter tells it.`),
      );
    });

    await t.test('counts nothing anew from a log that has lost lines', async () => {
      const topic = run.world.settings.topicPrefix + calls.name;
      await deleteRecords(run.world.settings.kafkaBrokers.join(), topic, '10');
      const refused = await apportion(['verify', ...args, '--deep'], run.env);
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /calls\.v1 partition \d+ before its offset 10 were deleted/);
      const others = await apportion(['verify', ...args], run.env);
      assert.equal(others.code, 0, 'what does not need the log passes');
    });
  });
});
