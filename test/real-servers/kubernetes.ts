/**
 * A Kubernetes cluster on 127.0.0.1: real etcd, API server, controllers, scheduler and metrics-server. Its two nodes and
 * what runs on them are played by kwok: no container runs, and a pod uses what its annotations say.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApportionError } from '../../runtime/errors.ts';
import type { ProgramFolders } from './build/build-programs.ts';
import type { KubernetesAddresses } from './environment.ts';
import { apiUrl, type Cluster, certificateFile, kubeconfigFile, newCluster, tokens } from './kubernetes/cluster.ts';
import { type ComponentName, componentNames, startComponent, stopComponent } from './kubernetes/components.ts';
import { writeCredentials } from './kubernetes/credentials.ts';
import { clusterObjects, kubectl, pollerRoleFile } from './kubernetes/objects.ts';

const furnishLimitMs = 30_000;

/** Starts a cluster in the folder. Whether or not that succeeds, `stopKubernetes` ends it. */
export async function startKubernetes(programs: ProgramFolders, folder: string): Promise<KubernetesAddresses> {
  mkdirSync(folder, { recursive: true });
  const cluster = await newCluster(folder, programs);
  await writeCredentials(cluster);
  await startComponent(cluster, 'etcd');
  await startComponent(cluster, 'kube-apiserver');
  await furnish(cluster);
  const others = componentNames.filter((name) => name !== 'etcd' && name !== 'kube-apiserver');
  await Promise.all(others.map((name) => startComponent(cluster, name)));
  await kubectl(cluster, 'wait', '--for=condition=Ready', 'node', '--all', '--timeout=60s');
  return {
    url: apiUrl(cluster),
    certificateFile: certificateFile(folder),
    kubeconfig: kubeconfigFile(folder),
    adminToken: tokens.admin,
    readerToken: tokens.reader,
    kubectl: join(programs.kubernetes, 'kubectl'),
    folder,
  };
}

/** Ends all servers of the cluster: those that ask the API server first, then that one, and etcd, which it asks, last. */
export async function stopKubernetes(folder: string): Promise<void> {
  const end = (name: ComponentName): Promise<void> => stopComponent({ folder }, name);
  await Promise.all(componentNames.slice(2).map(end));
  await end('kube-apiserver');
  await end('etcd');
}

/** The API server makes its own namespaces in the first second that it is ready: before that, objects in them are refused. */
async function furnish(cluster: Cluster): Promise<void> {
  const file = join(cluster.folder, 'objects.json');
  writeFileSync(file, JSON.stringify(clusterObjects(cluster), null, 2));
  const end = Date.now() + furnishLimitMs;
  for (;;) {
    try {
      await kubectl(cluster, 'apply', '-f', pollerRoleFile, '-f', file);
      return;
    } catch (error) {
      if (!(error instanceof ApportionError) || Date.now() > end) throw error;
    }
    await sleep(100);
  }
}
