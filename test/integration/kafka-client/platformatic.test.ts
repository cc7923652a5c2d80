import { testStack } from '../stack.ts';
import { keepsClientPromises } from './promises.ts';

keepsClientPromises('platformatic', (await testStack()).kafkaBrokers);
