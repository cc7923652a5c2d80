import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerName } from './data-folder.ts';
import type { Tools } from './server.ts';

/**
 * Options of Java to begin with the classes of a server as an earlier run has loaded and checked them, which halves the
 * time of a start. While there is no archive of them, a run that ends in good order writes it; Java passes over one that
 * does not fit. Source: JEP 350, dynamic archives.
 */
export function classArchive(tools: Tools, server: ServerName): string[] {
  const used = usingClassArchive(tools, server);
  return used.length > 0 ? used : [`-XX:ArchiveClassesAtExit=${archiveFile(tools, server)}`];
}

/** The same for what ends at once: it uses the archive of a server and writes none. */
export function usingClassArchive(tools: Tools, server: ServerName): string[] {
  const file = archiveFile(tools, server);
  return existsSync(file) ? [`-XX:SharedArchiveFile=${file}`] : [];
}

/** An archive fits the very build of Java and the very files of the server. */
function archiveFile({ packages, javaBuild }: Tools, server: ServerName): string {
  return join(packages, `${server}-${javaBuild}.jsa`);
}
