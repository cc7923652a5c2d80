/**
 * A program of its own: a sender of calls, started by bench/ingest.ts with an IPC channel. It makes its batches, says
 * `ready`, and at each message sends all of them over as many connections as it is told, and says how long that took.
 */
import { Agent, request } from 'node:http';
import { generatedCalls } from '../meter/generated-calls.ts';

const [url = '', token = '', count = '', perBatch = '', connections = ''] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: Number(connections) });
const bodies = batchesOf(Number(count), Number(perBatch));

process.on('message', async () => {
  const began = performance.now();
  let next = 0;
  const sendRest = async (): Promise<void> => {
    for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) await send(body);
  };
  await Promise.all(Array.from({ length: Number(connections) }, sendRest));
  process.send?.({ ms: performance.now() - began });
});
process.send?.('ready');

function batchesOf(total: number, size: number): Buffer[] {
  const lines = [...generatedCalls(total)].map(({ call }) =>
    JSON.stringify({
      ...call,
      startedAt: new Date(call.startedAt).toISOString(),
      endedAt: new Date(call.endedAt).toISOString(),
    }),
  );
  const batches: Buffer[] = [];
  for (let at = 0; at < lines.length; at += size)
    batches.push(Buffer.from(`[${lines.slice(at, at + size).join(',')}]`));
  return batches;
}

function send(body: Buffer): Promise<void> {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': body.length,
  };
  return new Promise((resolve, reject) => {
    const sending = request(url, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.once('end', () => {
        const isAccepted = response.statusCode === 202 && text.endsWith('"rejected":[]}');
        if (isAccepted) resolve();
        else reject(new Error(`${response.statusCode}: ${text.slice(0, 500)}`));
      });
    });
    sending.once('error', reject);
    sending.end(body);
  });
}
