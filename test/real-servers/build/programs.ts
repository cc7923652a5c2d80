import { join } from 'node:path';
import { copyKwokStages } from './copy-kwok-stages.ts';
import { buildGo } from './go.ts';
import type { Program } from './program.ts';
import { buildPython } from './python.ts';

const source = (name: string): string => join(import.meta.dirname, '..', 'servers', name);

/** Without these the API server calls itself `v0.0.0-master+$Format`. */
const kubernetesFlags = ['gitVersion=v1.36.3', 'gitMajor=1', 'gitMinor=36'].map(
  (value) => `-X k8s.io/component-base/version.${value}`,
);

export const programs = {
  moto: { name: 'moto', title: 'moto 5.2.5', source: source('moto'), build: buildPython },
  etcd: {
    name: 'etcd',
    title: 'etcd 3.6.16',
    source: source('etcd'),
    build: (from, to, tools) => buildGo(from, to, { etcd: '.' }, [], tools),
  },
  kwok: {
    name: 'kwok',
    title: 'kwok 0.8.0',
    source: source('kwok'),
    build: async (from, to, tools) => {
      await buildGo(from, to, { kwok: 'sigs.k8s.io/kwok/cmd/kwok' }, [], tools);
      await copyKwokStages(from, to, tools);
    },
  },
  metricsServer: {
    name: 'metrics-server',
    title: 'metrics-server 0.9.0',
    source: source('metrics-server'),
    build: (from, to, tools) =>
      buildGo(from, to, { 'metrics-server': 'sigs.k8s.io/metrics-server/cmd/metrics-server' }, [], tools),
  },
  kubernetes: {
    name: 'kubernetes',
    title: 'Kubernetes 1.36.3',
    source: source('kubernetes'),
    build: (from, to, tools) => buildGo(from, to, kubernetesPackages, kubernetesFlags, tools),
  },
} as const satisfies Readonly<Record<string, Program>>;

const kubernetesPackages = {
  'kube-apiserver': './apiserver',
  'kube-controller-manager': './controller-manager',
  'kube-scheduler': './scheduler',
  kubectl: './kubectl',
};
