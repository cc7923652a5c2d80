import type { ClientBase } from 'pg';
import type { Topic } from '../../schemas/topics.ts';

/**
 * How far the sink has come in a topic, as a text that changes with it. It moves in the transactions that write the
 * topic's rows, and is cheap to ask for: so rows need be read only after it has moved.
 */
export async function sinkPosition(client: ClientBase, { name }: Topic<never>): Promise<string> {
  const { rows } = await client.query<{ position: string | null }>({
    name: 'position',
    text: 'SELECT sum(next_offset)::text AS position FROM sink_offset WHERE topic = $1',
    values: [name],
  });
  return rows[0]?.position ?? '';
}
