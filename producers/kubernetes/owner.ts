import { z } from 'zod';
import { textOr } from '../polling/fields.ts';

/** What controls a pod or another object: the owner that is marked so. */
export interface Controller {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** What stands between a pod and what a person has made. */
export type Link = 'replicasets' | 'jobs';

export const ownerReferencesShape = z
  .array(
    z.object({
      apiVersion: z.string(),
      kind: z.string().min(1),
      name: z.string().min(1),
      uid: z.string().min(1),
      controller: z.boolean().nullish(),
    }),
  )
  .nullish()
  .transform((references) => references ?? []);

export function controllerOf(references: z.output<typeof ownerReferencesShape>): Controller | null {
  return references.find(({ controller }) => controller === true) ?? null;
}

/** A ReplicaSet or Job, of which only the metadata is asked for. */
export const linkShape = z
  .object({
    metadata: z.object({
      uid: z.string().min(1),
      namespace: textOr(''),
      name: z.string().min(1),
      ownerReferences: ownerReferencesShape,
    }),
  })
  .transform(({ metadata: { uid, namespace, name, ownerReferences } }) => {
    return { uid, namespace, name, controller: controllerOf(ownerReferences) };
  });

export type ListLinks = (link: Link) => Promise<readonly z.output<typeof linkShape>[]>;

interface Owned {
  readonly name: string;
  readonly controller: Controller | null;
}

/**
 * What people have made, of which pods are parts, as `Deployment/api`: a ReplicaSet is followed to its Deployment, or
 * whatever else controls it, and a Job to its CronJob. Remembers what it has found, so that ReplicaSets and Jobs, of
 * which clusters keep many, are listed only when a pod comes with one that is new.
 */
export class Owners {
  /** By the uid of the ReplicaSet or Job. Names are used again, uids are not. */
  #known: ReadonlyMap<string, string> = new Map();

  /** Finds the owner of each pod, by the pod's place. */
  async of<P extends Owned>(pods: readonly P[], list: ListLinks): Promise<ReadonlyMap<P, string>> {
    const links = new Map(this.#known);
    for (const link of ['replicasets', 'jobs'] as const) {
      const isUnknown = pods.some(({ controller }) => linkOf(controller) === link && !links.has(controller?.uid ?? ''));
      if (!isUnknown) continue;
      for (const { uid, name, controller } of await list(link)) {
        links.set(uid, textOf(controller ?? { kind: KINDS[link], name }));
      }
    }
    const owners = new Map(pods.map((pod) => [pod, ownerOf(pod, links)]));
    // Those that are gone already are remembered as well: asking again would not find them.
    this.#known = new Map(
      pods.flatMap((pod) =>
        linkOf(pod.controller) === null ? [] : [[pod.controller?.uid ?? '', owners.get(pod) ?? '']],
      ),
    );
    return owners;
  }
}

const KINDS: Readonly<Record<Link, string>> = { replicasets: 'ReplicaSet', jobs: 'Job' };

function linkOf(controller: Controller | null): Link | null {
  const group = controller?.apiVersion.split('/', 1)[0];
  if (group === 'apps' && controller?.kind === 'ReplicaSet') return 'replicasets';
  return group === 'batch' && controller?.kind === 'Job' ? 'jobs' : null;
}

function ownerOf({ name, controller }: Owned, links: ReadonlyMap<string, string>): string {
  return links.get(controller?.uid ?? '') ?? textOf(controller ?? { kind: 'Pod', name });
}

/** A sample takes no longer text: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ allows 253 after the kind. */
const MAX_LENGTH = 256;

function textOf({ kind, name }: { readonly kind: string; readonly name: string }): string {
  return `${kind}/${name}`.slice(0, MAX_LENGTH);
}
