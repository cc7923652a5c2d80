import { kafkaProtocol } from './kafka-protocol.ts';
import { NetworkProxy } from './network-proxy.ts';
import { postgresProtocol } from './postgres-protocol.ts';

/** A proxy before the only broker. */
export function proxyOfKafka(brokers: string): Promise<NetworkProxy> {
  const [host = '', port] = brokers.split(':');
  return NetworkProxy.before({ host, port: Number(port) }, kafkaProtocol);
}

/** A proxy before the server of a database, and the URL of the database through it. */
export async function proxyOfPostgres(databaseUrl: string): Promise<{ proxy: NetworkProxy; databaseUrl: string }> {
  const url = new URL(databaseUrl);
  const proxy = await NetworkProxy.before({ host: url.hostname, port: Number(url.port) }, postgresProtocol);
  url.port = String(proxy.address.port);
  return { proxy, databaseUrl: url.href };
}

/** `host:port` of a broker, as clients take it. */
export function brokerOf({ address: { host, port } }: NetworkProxy): string {
  return `${host}:${port}`;
}
