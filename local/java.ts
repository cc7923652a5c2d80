import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { localError } from './errors.ts';
import { runToEnd } from './run.ts';
import type { Tools } from './server.ts';

const oldestJava = 17;

/** The `java` to run: of JAVA_HOME where it is set, else of PATH. Errors: `local_java_missing`. */
export async function findJava(): Promise<Pick<Tools, 'java' | 'javaBuild'>> {
  const { JAVA_HOME: home } = process.env;
  const java = home === undefined || home === '' ? 'java' : join(home, 'bin', 'java');
  const run = await runToEnd(java, ['-version']);
  if (run.code !== 0) {
    throw localError('local_java_missing', `Java is not to be found: ${java} -version gave ${run.code ?? run.output}.`);
  }
  const version = Number(/version "(?:1\.)?(\d+)/.exec(run.output)?.[1] ?? 0);
  if (version < oldestJava) {
    throw localError(
      'local_java_missing',
      `${java} is Java ${version}; Kafka 4 and the registry need ${oldestJava} or later.`,
    );
  }
  return { java, javaBuild: createHash('sha256').update(run.output).digest('hex').slice(0, 12) };
}
