import { statSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from '../../../local/run.ts';
import { realServerError } from '../errors.ts';
import type { BuildTools } from './program.ts';
import { runTool } from './run-tool.ts';

/** The highest that a go.mod below servers/ asks for. */
const oldestGo = [1, 26, 4];

/**
 * Builds packages of the Go module in `source`, by the versions and checksums that its go.mod and go.sum pin.
 * `packages` says what each binary is built from. `go install PACKAGE@VERSION` would do for some of the servers; it
 * refuses those whose go.mod replaces modules (Kubernetes, etcd), and pins no checksums.
 * Errors: `real_go_missing`, `real_build_failed`.
 */
export async function buildGo(
  source: string,
  target: string,
  packages: Readonly<Record<string, string>>,
  linkerFlags: readonly string[],
  tools: BuildTools,
): Promise<void> {
  await demandGo(source);
  const env = goEnvironment(tools);
  for (const [binary, path] of Object.entries(packages)) {
    const begin = performance.now();
    const file = join(target, binary);
    // -buildvcs=false: this module is no part of what stands in the repository's history.
    const flags = ['-buildvcs=false', '-mod=readonly', '-modcacherw', '-trimpath'];
    await runTool(
      'go',
      ['build', ...flags, '-ldflags', ['-s -w', ...linkerFlags].join(' '), '-o', file, path],
      source,
      env,
      tools,
    );
    const megabytes = Math.round(statSync(file).size / 1e6);
    tools.report(
      `  ${binary.padEnd(24)} ${`${((performance.now() - begin) / 1000).toFixed(0)} s`.padStart(6)} ${megabytes} MB`,
    );
  }
}

/** Go keeps what it fetches and compiles here, and not among what the user's own work has left. */
export function goEnvironment({ goFolder }: BuildTools): Readonly<Record<string, string>> {
  return { GOMODCACHE: join(goFolder, 'modules'), GOCACHE: join(goFolder, 'objects'), GOWORK: 'off', CGO_ENABLED: '0' };
}

async function demandGo(cwd: string): Promise<void> {
  const run = await runToEnd('go', ['env', 'GOVERSION'], undefined, { cwd });
  if (run.code !== 0) {
    throw realServerError('real_go_missing', `Go is not to be found: ${run.output.trim()}.`);
  }
  const version = run.output.trim().replace(/^go/, '').split('.').map(Number);
  const difference = oldestGo.map((least, at) => (version[at] ?? 0) - least).find((each) => each !== 0) ?? 0;
  if (difference < 0) {
    throw realServerError('real_go_missing', `Go is ${run.output.trim()}; ${oldestGo.join('.')} or later is needed.`);
  }
}
