import { z } from 'zod';

/** Where Kubernetes knows the pods of Kong. */
export const kubernetesShape = z.strictObject({
  /** A file; the service account of the pod that Apportion runs in when there is none. */
  kubeconfig: z.string().min(1).nullable().default(null),
  /** A context of the kubeconfig other than the current one. */
  context: z.string().min(1).nullable().default(null),
  namespace: z.string().min(1),
  /** Labels of the pods that Kong proxies in: `app.kubernetes.io/name=kong`. */
  selector: z.string().min(1),
  /** Of the Status API: 8100 in Kong's Helm chart, 8007 where Kong 3.6 and later is left as it is. */
  port: z.int().min(1).max(65_535).default(8100),
});

export type KubernetesSettings = z.output<typeof kubernetesShape>;
