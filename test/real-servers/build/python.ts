import { join } from 'node:path';
import { runToEnd } from '../../../local/run.ts';
import { realServerError } from '../errors.ts';
import type { BuildTools } from './program.ts';
import { runTool } from './run-tool.ts';

/** Some of the pinned packages ask for it. */
const oldestMinor = 11;

/**
 * Makes an environment with the packages of requirements.txt. Its scripts name the folder it was made in: it is moved
 * afterwards, so run `bin/python -m MODULE` and never a script. Errors: `real_python_missing`, `real_build_failed`.
 */
export async function buildPython(source: string, target: string, tools: BuildTools): Promise<void> {
  await demandPython();
  await runTool('python3', ['-m', 'venv', target], source, {}, tools);
  const args = ['-m', 'pip', 'install', '--quiet', '--no-deps', '-r', 'requirements.txt'];
  await runTool(join(target, 'bin', 'python'), args, source, {}, tools);
}

async function demandPython(): Promise<void> {
  const run = await runToEnd('python3', ['-c', 'import sys, ensurepip; print(sys.version_info.minor)']);
  if (run.code !== 0) {
    throw realServerError('real_python_missing', `Python 3 with venv is not to be found: ${run.output.trim()}.`);
  }
  if (Number(run.output) < oldestMinor) {
    throw realServerError('real_python_missing', `Python is 3.${run.output.trim()}; 3.${oldestMinor} is needed.`);
  }
}
