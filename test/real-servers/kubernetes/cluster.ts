import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { choosePorts } from '../../../local/ports.ts';
import type { ProgramFolders } from '../build/build-programs.ts';

/** All that the commands of a cluster's servers derive from; kept in its folder, for those who restart one of them. */
export interface Cluster {
  readonly folder: string;
  readonly programs: ProgramFolders;
  readonly ports: Readonly<Record<PortName, number>>;
}

type PortName = 'etcd' | 'etcdPeer' | 'apiServer' | 'controllerManager' | 'scheduler' | 'kwok' | 'metricsServer';

export const tokens = { admin: 'admin-token', reader: 'reader-token' } as const;

/** Chooses ports, and writes the cluster down. */
export async function newCluster(folder: string, programs: ProgramFolders): Promise<Cluster> {
  const [etcd = 0, etcdPeer = 0, apiServer = 0, controllerManager = 0, scheduler = 0, kwok = 0, metricsServer = 0] =
    await choosePorts(7);
  const ports = { etcd, etcdPeer, apiServer, controllerManager, scheduler, kwok, metricsServer };
  const cluster = { folder, programs, ports };
  writeFileSync(clusterFile(folder), JSON.stringify(cluster, null, 2));
  return cluster;
}

export function readCluster(folder: string): Cluster {
  return JSON.parse(readFileSync(clusterFile(folder), 'utf8')) as Cluster;
}

const clusterFile = (folder: string): string => join(folder, 'cluster.json');
export const kubeconfigFile = (folder: string): string => join(folder, 'kubeconfig.json');
export const certificateFile = (folder: string): string => join(folder, 'tls.crt');
export const apiUrl = ({ ports }: Cluster): string => `https://127.0.0.1:${ports.apiServer}`;
export const etcdUrl = ({ ports }: Cluster): string => `http://127.0.0.1:${ports.etcd}`;
