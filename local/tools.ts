import { findJava } from './java.ts';
import { bringPackages } from './packages.ts';
import type { Tools } from './server.ts';

/** Errors: `local_java_missing`, `local_maven_missing`, `local_download_failed`. */
export async function findTools(report: (line: string) => void): Promise<Tools> {
  return { ...(await findJava()), packages: await bringPackages(report) };
}
