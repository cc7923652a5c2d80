import { defineProcessor } from '../runtime/task.ts';
import { calls, deadLetters, usage, usageTotals } from '../schemas/topics.ts';
import { type MeterConfig, MeterTask } from './meter/meter-task.ts';

/**
 * Adds up usage: drops repeated lines, splits lines at midnight, and writes for each key and day the absolute total of
 * one input partition. Refused lines go to the dead letters (allocation.md section 8).
 */
export const meter = defineProcessor<MeterConfig>({
  name: 'meter',
  reads: [calls, usage],
  taskPer: 'topic-partition',
  broadcasts: [],
  writes: [usageTotals, deadLetters],
  createTask: (config, context) => new MeterTask(config, context),
});
