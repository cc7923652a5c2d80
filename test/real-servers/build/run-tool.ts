import { runToEnd } from '../../../local/run.ts';
import { realServerError } from '../errors.ts';
import type { BuildTools } from './program.ts';

const quotedLines = 15;

/** Runs a tool to its end and gives what it said. Errors: `real_build_failed` with the end of what it said. */
export async function runTool(
  file: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
  { interrupted }: BuildTools,
): Promise<string> {
  const options = { cwd, env: { ...process.env, ...env }, signal: interrupted };
  const run = await runToEnd(file, args, undefined, options);
  if (run.code !== 0) {
    const said = run.output.trimEnd().split('\n').slice(-quotedLines).join('\n');
    throw realServerError('real_build_failed', `${[file, ...args].join(' ')} in ${cwd} failed:\n${said}`);
  }
  return run.output;
}
