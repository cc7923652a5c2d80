import type { KafkaClient } from '../client.ts';
import type { KafkaSettings } from '../create-kafka.ts';
import { CLIENT_ID, REQUEST_LIMIT_MS } from '../limits.ts';
import { NO_SECURITY } from '../security.ts';
import { PlatformaticAdmin } from './admin.ts';
import { Cluster } from './cluster.ts';
import { PlatformaticMember } from './member.ts';
import { openIdempotent, openTransactional } from './producers.ts';

/** The port by the protocol and connections of @platformatic/kafka. Each of what it gives has connections of its own. */
export function createPlatformatic({
  brokers,
  clientId = CLIENT_ID,
  security = NO_SECURITY,
}: KafkaSettings): KafkaClient {
  const cluster = (requestLimitMs = REQUEST_LIMIT_MS): Cluster =>
    new Cluster({ brokers, clientId, security, requestLimitMs });
  return {
    admin: () => new PlatformaticAdmin(cluster()),
    member: (options) => {
      // A join is answered when all members have joined, or their time is up.
      const group = cluster(REQUEST_LIMIT_MS + options.sessionTimeoutMs);
      return new PlatformaticMember({ group, records: cluster() }, options);
    },
    idempotentProducer: () => openIdempotent(cluster()),
    transactionalProducer: (transactionalId) => openTransactional(cluster(), transactionalId),
  };
}
