/** What can happen to requests to a source, by what people call it. */
import type { Fault } from './upstream.ts';

/** Faults that do not pass: the run breaks. */
export const lastingFaults: Readonly<Record<string, Fault>> = {
  '400': { kind: 'status', status: 400 },
  '401': { kind: 'status', status: 401 },
  '403': { kind: 'status', status: 403 },
  '429': { kind: 'status', status: 429 },
  '500': { kind: 'status', status: 500 },
  'a redirect': { kind: 'status', status: 302, headers: { location: 'http://127.0.0.1:1/' } },
  'no answer': { kind: 'stall' },
  'a reset': { kind: 'reset' },
  'a cut in the body': { kind: 'cut' },
  'half of the body': { kind: 'truncated' },
  'a page of HTML': { kind: 'body', body: '<html><body>Please sign in</body></html>' },
  'a body of another shape': { kind: 'body', body: '{"items":"none","data":7}' },
};

/** Faults that have passed by the next attempt: the run goes well. */
export const passingFaults: Readonly<Record<string, Fault>> = {
  '500 once': { kind: 'status', status: 500 },
  '503 once': { kind: 'status', status: 503 },
  '429 once': { kind: 'status', status: 429, headers: { 'retry-after': '0' } },
  'no answer once': { kind: 'stall' },
  'a reset once': { kind: 'reset' },
  'a cut in the body once': { kind: 'cut' },
};
