import { ApportionError } from '../../runtime/errors.ts';

/** What can go wrong before a cluster is asked anything, and what to do about it. */
const advice = {
  kubeconfig_unusable: 'Mend the kubeconfig, or name another context, in the settings of this poller.',
} as const;

export function kubernetesError(code: keyof typeof advice, message: string, cause?: unknown): ApportionError {
  return new ApportionError(code, message, advice[code], { cause });
}
