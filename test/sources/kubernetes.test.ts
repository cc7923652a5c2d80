import { kubernetesSource } from './models/kubernetes.ts';
import { keepsPollerPromises } from './poller-promises.ts';

keepsPollerPromises(kubernetesSource);
