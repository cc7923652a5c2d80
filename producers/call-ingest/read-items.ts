import { Problem } from '../../runtime/http/problem.ts';
import { LineFault } from '../json-lines/line-fault.ts';
import { jsonTypeOf, parseJsonText } from '../json-lines/parse-json.ts';
import { callOfEvent } from './cloud-event.ts';
import { contentTypes } from './content-types.ts';

/**
 * The calls of a body, each as JSON that is yet to be read, or a `LineFault`.
 * @throws Problem 400 when the body as a whole is none, 413 when there are more than `maxBatchCalls`
 */
export function readItems(contentType: keyof typeof contentTypes, text: string, maxBatchCalls: number): unknown[] {
  const { isEvent, takes } = contentTypes[contentType];
  const json = parseJsonText(text);
  if (json instanceof LineFault) throw new Problem(400, 'not_json', json.detail);
  const found = jsonTypeOf(json);
  if (!takes.some((type) => type === found)) {
    throw new Problem(400, 'wrong_body', `As ${contentType} the body is ${takes.join(' or ')}, not ${found}.`);
  }
  const items: readonly unknown[] = Array.isArray(json) ? json : [json];
  if (items.length > maxBatchCalls) {
    const detail = `The batch holds ${items.length} calls; ${maxBatchCalls} are the most. Send them in smaller batches.`;
    throw new Problem(413, 'too_many_calls', detail, { members: { maxBatchCalls } });
  }
  return isEvent ? items.map(callOfEvent) : [...items];
}
