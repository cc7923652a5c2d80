import assert from 'node:assert/strict';
import { test } from 'node:test';
import { realInput } from '../../commands/demo-inputs.ts';
import { runRoles } from '../../commands/run.ts';
import { settlePipeline } from '../../commands/settle.ts';
import { withWorldOf } from '../../commands/world.ts';
import { REAL_TOTALS } from '../../local/demo/real/real-input.ts';
import { publishCatalog } from '../../operations/apply-catalog.ts';
import { moneyText, sumMoney } from '../../operations/money.ts';
import { readDocuments } from '../../operations/read-documents.ts';
import { readStatements, statedDays } from '../../operations/read-statements.ts';
import { verify } from '../../operations/verify/verify.ts';
import { readSettings } from '../../runtime/config.ts';
import { applyTopics } from '../../runtime/kafka/apply-topics.ts';
import { costReports, usage } from '../../schemas/topics.ts';
import { freshDatabase, freshPrefix, testStack } from './stack.ts';

test('real bills split by real inference requests add up to what was billed, exactly', async () => {
  const stack = await testStack();
  const settings = readSettings({
    env: {
      APPORTION_KAFKA_BROKERS: stack.kafkaBrokers,
      APPORTION_SCHEMA_REGISTRY_URL: stack.schemaRegistryUrl,
      APPORTION_DATABASE_URL: await freshDatabase(),
      APPORTION_TOPIC_PREFIX: freshPrefix(),
      APPORTION_HORIZON_DAYS: '4000',
      APPORTION_LOG_LEVEL: 'silent',
    },
  });
  const input = await realInput();
  await withWorldOf(settings, async (world) => {
    await applyTopics(settings, { ...world, dryRun: false });
    const stop = new AbortController();
    const running = runRoles(world, ['meter', 'attribute', 'postgres-sink'], stop.signal);
    const publisher = await world.publisher();
    await publishCatalog(publisher, input.catalog, Date.now());
    await publisher.publish(costReports, input.reports);
    await publisher.publish(usage, input.samples);
    await Promise.race([running, settlePipeline(world, { timeoutMs: 120_000 })]);

    const days = await statedDays(world.pool, { from: input.from, to: input.to });
    const statements = (await Promise.all(days.map((day) => readStatements(world.pool, day)))).flat();
    const documents = (await Promise.all(days.map((day) => readDocuments(world.pool, day)))).flat();
    const sources = statements.flatMap((statement) => statement.sources);
    const total = sumMoney([...documents, ...sources.flatMap((source) => [source.covered, source.held])]);
    assert.equal(moneyText(total), `billed ${REAL_TOTALS.billed}, effective ${REAL_TOTALS.effective}`);
    const tenants = new Set(documents.map((document) => document.tenant));
    assert.deepEqual([...tenants].sort(), ['__unallocated__', 'code', 'conversation']);

    const { openDays, maxCallHours, topicPrefix: prefix } = settings;
    const deep = { admin: world.admin, openDays, maxCallHours };
    const audited = { kafka: world.kafka, pool: world.pool, prefix, codec: await world.codec(), deep };
    const checks = await verify(audited, { from: input.from, to: input.to });
    assert.deepEqual(
      checks.flatMap((check) => check.faults),
      [],
    );
    stop.abort();
    await running;
  });
});
