import { testStack } from '../stack.ts';
import { keepsClientPromises } from './promises.ts';

keepsClientPromises('kafkajs', (await testStack()).kafkaBrokers);
