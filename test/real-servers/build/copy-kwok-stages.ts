import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { goEnvironment } from './go.ts';
import type { BuildTools } from './program.ts';
import { runTool } from './run-tool.ts';

/**
 * How kwok's nodes and pods behave, in files of kwok's own repository: a node is ready at once and sends heartbeats, a
 * pod runs at once, a pod of a Job completes; the usage of a pod stands in its annotations.
 */
const files = [
  'metrics/usage/usage-from-annotation',
  'metrics/resource/metrics-resource',
  'stage/node/fast/node-initialize',
  'stage/node/heartbeat-with-lease/node-heartbeat-with-lease',
  'stage/pod/fast/pod-ready',
  'stage/pod/fast/pod-complete',
  'stage/pod/fast/pod-delete',
];

/** Puts them into one kwok.yaml beside the binary, since the module that they come in is not kept. */
export async function copyKwokStages(source: string, target: string, tools: BuildTools): Promise<void> {
  const args = ['list', '-mod=readonly', '-m', '-f', '{{.Dir}}', 'sigs.k8s.io/kwok'];
  const module = (await runTool('go', args, source, goEnvironment(tools), tools)).trim();
  const texts = files.map((file) => readFileSync(join(module, 'kustomize', `${file}.yaml`), 'utf8'));
  writeFileSync(join(target, 'kwok.yaml'), texts.join('\n---\n'));
}
