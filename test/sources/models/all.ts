import type { SourceUnderTest } from '../poller-promises.ts';
import { auth0Source } from './auth0.ts';
import { awsCostExplorerSource } from './aws-cost-explorer.ts';
import { castAiSource } from './cast-ai.ts';
import { datadogSource } from './datadog.ts';
import { kongSource } from './kong.ts';
import { kubernetesSource } from './kubernetes.ts';
import { opencostSource } from './opencost.ts';

/** Every source that is asked over HTTP, as a test plays it. */
export const allSources: readonly SourceUnderTest[] = [
  auth0Source,
  awsCostExplorerSource,
  castAiSource,
  datadogSource,
  kongSource,
  kubernetesSource,
  opencostSource,
];
