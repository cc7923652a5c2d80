import type { World } from '../../commands/world.ts';
import { publishCatalog } from '../../operations/apply-catalog.ts';
import { createPublisher } from '../../runtime/kafka/publisher.ts';
import { openRegistry, subjectOf } from '../../runtime/kafka/registry-codec.ts';
import type { Codec } from '../../runtime/task.ts';
import { callAvro } from '../../schemas/call.ts';
import { calls, costReports, usage } from '../../schemas/topics.ts';
import type { Piece } from './input.ts';

/** Whoever writes to the input topics. */
export interface Writers extends AsyncDisposable {
  /** Resolves when the broker has acknowledged all of the piece. */
  write(piece: Piece): Promise<void>;
}

/** The real publisher, in three versions: today's, the voice platform's next one, and one that cuts values off. */
export async function openWriters(world: World): Promise<Writers> {
  const { kafka, settings, logger } = world;
  const prefix = settings.topicPrefix;
  const today = await world.codec();
  const open = (codec: Codec) => createPublisher({ kafka, codec, prefix, logger });
  const publisher = open(today);
  const newer = open(newerCodec(today, await registerNewer(settings.schemaRegistryUrl, prefix)));
  const damaging = open(damagingCodec(today));
  return {
    write: async (piece) => {
      if (piece.catalog !== null) await publishCatalog(publisher, piece.catalog, Date.now());
      await publisher.publish(costReports, piece.reports);
      await publisher.publish(usage, piece.samples);
      await (piece.newer ? newer : publisher).publish(calls, piece.calls);
      await damaging.publish(calls, piece.damagedCalls);
      await damaging.publish(usage, piece.damagedSamples);
      await damaging.publish(costReports, piece.damagedReports);
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([publisher, newer, damaging].map((each) => each.close()));
    },
  };
}

/** A field that readers of today do not know, and may do without. */
const newerCall = { ...callAvro, fields: [...callAvro.fields, { name: 'note', type: 'string', default: '' }] };

async function registerNewer(registryUrl: string, prefix: string): Promise<number> {
  const schema = { type: 'AVRO' as never, schema: JSON.stringify(newerCall) };
  const options = { subject: subjectOf(prefix, calls), compatibility: 'FULL_TRANSITIVE' as never };
  return (await openRegistry(registryUrl).register(schema, options)).id;
}

/** Avro writes the fields of a record one after the other, and a text as its length and its bytes. */
function newerCodec(codec: Codec, id: number): Codec {
  const note = Buffer.from([8, ...Buffer.from('note')]);
  return {
    decode: (topic, value) => codec.decode(topic, value),
    encode: (topic, value) => {
      const bytes = Buffer.concat([codec.encode(topic, value), note]);
      bytes.writeUInt32BE(id, 1);
      return bytes;
    },
  };
}

function damagingCodec(codec: Codec): Codec {
  return {
    decode: (topic, value) => codec.decode(topic, value),
    encode: (topic, value) => codec.encode(topic, value).subarray(0, -1),
  };
}
