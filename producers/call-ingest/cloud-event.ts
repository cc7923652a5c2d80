import { z } from 'zod';
import { object, text } from '../json-lines/fields.ts';
import { LineFault } from '../json-lines/line-fault.ts';
import { readShape } from '../json-lines/parse-json.ts';

const CALL_ENDED = 'apportion.call.ended.v1';

/**
 * The attributes that say what the event is; the others, extensions among them, mean nothing here. The JSON format lets
 * an attribute that is not set be null. https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */
const eventShape = object(
  z.looseObject({
    specversion: z.literal('1.0', { error: 'expected "1.0"' }),
    id: text.refine((id) => id !== '', 'is empty'),
    source: text.refine((source) => source !== '', 'is empty'),
    type: z.literal(CALL_ENDED, { error: `expected "${CALL_ENDED}"` }),
    datacontenttype: z
      .unknown()
      .optional()
      .refine((type) => type === undefined || type === null || isJsonType(type), 'expected a type of JSON'),
    data_base64: z
      .unknown()
      .optional()
      .refine((data) => data === undefined || data === null, 'bytes are not taken: data is a JSON object'),
    data: object(z.looseObject({})),
  }),
);

/**
 * The call in a CloudEvent of version 1.0, as JSON: the `data`, which may leave out `source` and `callId` where they are
 * the `source` and the `id` of the event.
 */
export function callOfEvent(json: unknown): unknown {
  const event = readShape(json, eventShape);
  if (event instanceof LineFault) return event;
  return { source: event.source, callId: event.id, ...event.data };
}

function isJsonType(type: unknown): boolean {
  return typeof type === 'string' && /^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(type);
}
