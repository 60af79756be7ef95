/**
 * | API | last event |
 * |---|---|
 * | chat completions, completions | a chunk with `finish_reason: "content_filter"`, then `[DONE]` |
 * | responses | `error` |
 *
 * @see https://platform.openai.com/docs/api-reference/responses-streaming/error
 */
import type { StreamEvent } from '../../body/stream/document.ts';
import { isObject, type JsonObject, wordOf } from '../segment.ts';
import { type LastEvent, type StreamEnd, typeOfEvent } from '../stream-end-contract.ts';

export const STREAM_ENDS: readonly StreamEnd[] = [
  {
    isOurs: ({ value }) => isObject(value) && Array.isArray(value.choices),
    lastEvent: (seen) => ({ value: lastChunk(seen) }),
    isDoneAfter: true,
  },
  {
    isOurs: (event) => typeOfEvent(event).startsWith('response.'),
    lastEvent: errorOfResponse,
  },
];

/** Every choice that the client has seen begin ends. */
function lastChunk(seen: readonly StreamEvent[]): JsonObject {
  const chunks = seen.flatMap(({ value }) =>
    isObject(value) && Array.isArray(value.choices) ? [value] : [],
  );
  const { id = '', object = 'chat.completion.chunk', created = 0, model = '' } = chunks.at(-1) ?? {};
  const choices = chunks.flatMap((chunk) => (chunk.choices as unknown[]).filter(isObject));
  const indices = new Set(choices.map(({ index }) => (typeof index === 'number' ? index : 0)));
  const isText = choices.some((choice) => 'text' in choice && !('delta' in choice));
  return {
    ...{ id, object, created, model },
    choices: [...(indices.size > 0 ? indices : [0])].map((index) => ({
      index,
      ...(isText ? { text: '' } : { delta: {} }),
      logprobs: null,
      finish_reason: 'content_filter',
    })),
  };
}

function errorOfResponse(seen: readonly StreamEvent[], message: string): LastEvent {
  const numbers = seen.map(({ value }) => (isObject(value) ? Number(wordOf(value.sequence_number)) : 0));
  const last = numbers.findLast(Number.isInteger) ?? 0;
  return {
    name: 'error',
    value: { type: 'error', code: 'content_filter', message, param: null, sequence_number: last + 1 },
  };
}
