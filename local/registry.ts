import { join } from 'node:path';
import { classArchive } from './class-archive.ts';
import type { DataFolder } from './data-folder.ts';
import { registryDatabase } from './postgres.ts';
import type { Command } from './process.ts';
import { nothingToDo, type Server, type Tools } from './server.ts';

/** The Apicurio registry with Confluent's API. It keeps its schemas in the stack's Postgres: their ids stay valid. */
export const registry: Server = {
  name: 'registry',
  title: 'Apicurio Registry 3.0.9',
  ports: (folder) => [folder.ports.registry],
  address: (folder) => `http://127.0.0.1:${folder.ports.registry}/apis/ccompat/v7`,
  prepare: nothingToDo,
  command,
  answers,
  furnish: nothingToDo,
  stopSignal: 'SIGTERM',
};

async function command(folder: DataFolder, tools: Tools): Promise<Command> {
  return {
    file: tools.java,
    args: [
      '-Xmx256m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      ...classArchive(tools, 'registry'),
      '-jar',
      join(tools.packages, 'registry', 'apicurio-registry-app-3.0.9-runner.jar'),
    ],
    env: {
      QUARKUS_BANNER_ENABLED: 'false',
      QUARKUS_HTTP_ACCESS_LOG_ENABLED: 'false',
      QUARKUS_LOG_CONSOLE_FORMAT: '%d{yyyy-MM-dd HH:mm:ss.SSS} %-5p [%c] %s%e%n',
      QUARKUS_HTTP_HOST: '127.0.0.1',
      QUARKUS_HTTP_PORT: String(folder.ports.registry),
      APICURIO_STORAGE_KIND: 'sql',
      APICURIO_STORAGE_SQL_KIND: 'postgresql',
      APICURIO_DATASOURCE_URL: `jdbc:postgresql://127.0.0.1:${folder.ports.postgres}/${registryDatabase}`,
      APICURIO_DATASOURCE_USERNAME: registryDatabase,
      APICURIO_DATASOURCE_PASSWORD: folder.password,
      APICURIO_DATASOURCE_JDBC_INITIAL_SIZE: '1',
      APICURIO_DATASOURCE_JDBC_MIN_SIZE: '1',
      APICURIO_DATASOURCE_JDBC_MAX_SIZE: '8',
    },
    cwd: folder.path,
  };
}

async function answers(folder: DataFolder): Promise<boolean> {
  try {
    const response = await fetch(`${registry.address(folder)}/subjects`, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
