import { defineProcessor } from '../runtime/task.ts';
import { attributions, catalogs, costReports, deadLetters, statements, usageTotals } from '../schemas/topics.ts';
import { type AttributeConfig, AttributeTask } from './attribute/attribute-task.ts';

/**
 * Attributes the cost of each day to tenants: from the newest cost reports and usage totals of the day and the catalog
 * to one document per tenant and currency, and one statement per currency. The arithmetic is `allocateDay`.
 */
export const attribute = defineProcessor<AttributeConfig>({
  name: 'attribute',
  reads: [costReports, usageTotals],
  taskPer: 'partition',
  broadcasts: [catalogs],
  writes: [attributions, statements, deadLetters],
  createTask: (config, context) => new AttributeTask(config, context),
});
