import type { NetworkProxy } from './proxy/network-proxy.ts';
import { brokerOf, proxyOfKafka, proxyOfPostgres } from './proxy/open-proxy.ts';

/** What lies between some processes and the servers: all that they say passes it. */
export interface Links extends AsyncDisposable {
  readonly kafka: NetworkProxy;
  readonly postgres: NetworkProxy;
  /** Leads processes through it. */
  readonly env: Readonly<Record<string, string>>;
}

export async function openLinks(env: Readonly<Record<string, string>>): Promise<Links> {
  const kafka = await proxyOfKafka(env['APPORTION_KAFKA_BROKERS'] ?? '');
  const { proxy: postgres, databaseUrl } = await proxyOfPostgres(env['APPORTION_DATABASE_URL'] ?? '');
  return {
    kafka,
    postgres,
    env: { ...env, APPORTION_KAFKA_BROKERS: brokerOf(kafka), APPORTION_DATABASE_URL: databaseUrl },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([kafka.goAway(), postgres.goAway()]);
    },
  };
}
