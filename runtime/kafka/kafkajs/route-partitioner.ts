import { partitionOfRoute } from '../partitioner.ts';

/** For kafkajs, which hands it each message as it was given to send, with its `route`. */
export function createRoutePartitioner(): (about: {
  partitionMetadata: readonly unknown[];
  message: object;
}) => number {
  return ({ partitionMetadata, message }) => {
    const { route } = message as { route?: unknown };
    if (typeof route !== 'string' && typeof route !== 'number') throw new Error('a message has no route');
    return partitionOfRoute(route, partitionMetadata.length);
  };
}
