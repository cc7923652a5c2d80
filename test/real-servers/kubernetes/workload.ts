/** What stands in workload.yaml, as samples tell of it. */
export interface Workload {
  readonly namespace: string;
  readonly owner: string;
  /** Two of the DaemonSet, since there are two nodes. */
  readonly pods: number;
  /** Of one pod. CPU in millicores, memory in MiB. */
  readonly request: Amounts;
  /** Of one pod. kwok makes the CPU of each moment a little more or less. */
  readonly usage: Amounts;
}

interface Amounts {
  readonly cpu: number;
  readonly memory: number;
}

/** The pods that run. */
export const WORKLOADS: readonly Workload[] = [
  {
    ...{ namespace: 'team-a', owner: 'Deployment/api', pods: 3 },
    ...{ request: { cpu: 250, memory: 512 }, usage: { cpu: 120, memory: 300 } },
  },
  {
    ...{ namespace: 'team-b', owner: 'StatefulSet/store', pods: 2 },
    // Its first init container asks for more CPU than all that runs later, and for less memory.
    ...{ request: { cpu: 3000, memory: 4096 + 64 }, usage: { cpu: 1500, memory: 2048 } },
  },
  {
    ...{ namespace: 'team-b', owner: 'DaemonSet/agent', pods: 2 },
    ...{ request: { cpu: 0, memory: 0 }, usage: { cpu: 5, memory: 48 } },
  },
  {
    ...{ namespace: 'team-b', owner: 'Pod/by-hand', pods: 1 },
    ...{ request: { cpu: 0, memory: 0 }, usage: { cpu: 10, memory: 16 } },
  },
];

/** Comes every minute, and ends as soon as a node has it: nobody ever knows what it uses. */
export const NIGHTLY: Workload = {
  ...{ namespace: 'team-a', owner: 'CronJob/nightly', pods: 0 },
  ...{ request: { cpu: 1000, memory: 1024 }, usage: { cpu: 0, memory: 0 } },
};
