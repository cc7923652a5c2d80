/** One group with members by both clients: a fleet can be moved from one to the other process by process. */
import { before } from 'node:test';
import { testStack } from '../stack.ts';
import { keepsPromisesOfGroups } from './grouping.ts';
import { settles } from './promises.ts';

const { kafkaBrokers } = await testStack();
before(() => settles('kafkajs', kafkaBrokers));
keepsPromisesOfGroups(['kafkajs', 'platformatic'], kafkaBrokers);
keepsPromisesOfGroups(['platformatic', 'kafkajs'], kafkaBrokers);
