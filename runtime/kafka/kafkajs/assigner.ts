import { AssignerProtocol, type PartitionAssigner } from 'kafkajs';
import type { Assigner } from '../client.ts';

const { MemberAssignment, MemberMetadata } = AssignerProtocol;

/** An assigner as kafkajs takes it: between members, all is bytes of the consumer protocol. */
export function kafkajsAssigner(assigner: Assigner): PartitionAssigner {
  return ({ cluster }) => ({
    name: assigner.name,
    version: VERSION,
    protocol: ({ topics }) => ({
      name: assigner.name,
      metadata: MemberMetadata.encode({ version: VERSION, topics, userData: assigner.userData() }),
    }),
    assign: async ({ members }) => {
      const joining = members.map(({ memberId, memberMetadata }) => {
        return { memberId, userData: MemberMetadata.decode(memberMetadata)?.userData ?? EMPTY };
      });
      const shares = assigner.assign(joining, (topic) => cluster.findTopicPartitionMetadata(topic).length);
      return [...shares].map(([memberId, assignment]) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version: VERSION,
          assignment: Object.fromEntries(Object.entries(assignment).map(([topic, own]) => [topic, [...own]])),
          userData: EMPTY,
        }),
      }));
    },
  });
}

const VERSION = 1;
const EMPTY = Buffer.alloc(0);
