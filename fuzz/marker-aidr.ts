/**
 * An AIDR that looks for the marker in every string it is sent, past its boundary: what stands before the last assistant
 * message it is documented not to read. Under `/block` it blocks what it finds, under `/hide` it hides it.
 */

import { isObject } from '../src/formats/segment.ts';
import { type HttpListener, listenForHttp } from '../testkit/harness/http-listener.ts';
import { hideMarkers, MARKER } from './marker.ts';

export function startMarkerAidr(): Promise<HttpListener> {
  return listenForHttp(0, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    const result = judge(isObject(body) ? body : {}, request.url?.startsWith('/block') ?? false);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ request_id: 'prq_1', status: 'Success', summary: 'Found it.', result }));
  });
}

function judge({ event_type: type, guard_input: input }: Record<string, unknown>, isBlocking: boolean) {
  const { messages, tools } = isObject(input) ? input : {};
  const list: unknown[] = Array.isArray(messages) ? messages : [];
  const lastAnswer = list.findLastIndex((message) => isObject(message) && message.role === 'assistant');
  const isRead = (message: unknown, index: number) =>
    (isObject(message) && message.role === 'system') || index > lastAnswer - (type === 'output' ? 1 : 0);
  const isFound = JSON.stringify([list.filter(isRead), tools]).includes(MARKER);
  if (!isFound || isBlocking)
    return { blocked: isFound, transformed: false, detectors: {}, guard_output: input };
  const hidden = list.map((message, index) => (isRead(message, index) ? hideMarkers(message) : message));
  const guardOutput = {
    ...(messages === undefined ? {} : { messages: hidden }),
    ...(tools === undefined ? {} : { tools: hideMarkers(tools) }),
  };
  return { blocked: false, transformed: true, detectors: {}, guard_output: guardOutput };
}
