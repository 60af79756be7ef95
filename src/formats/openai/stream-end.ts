/**
 * | API | last events |
 * |---|---|
 * | chat completions, completions | `error`, a chunk with `finish_reason: "content_filter"`, `[DONE]` |
 * | responses | `response.failed`, then `error` |
 *
 * OpenAI's clients throw what has an `error`. It stands before the reason why a chunk is the last, at which a call of a
 * tool that was cut off would be complete.
 *
 * @see https://platform.openai.com/docs/api-reference/responses-streaming/error
 */
import type { StreamEvent } from '../../body/stream/document.ts';
import { isObject, type JsonObject } from '../segment.ts';
import { type LastEvent, type StreamEnd, typeOfEvent } from '../stream-end-contract.ts';

export const STREAM_ENDS: readonly StreamEnd[] = [
  {
    isOurs: ({ value }) => isObject(value) && Array.isArray(value.choices),
    lastEvents: (seen, message) => [
      { value: { error: { message, type: 'invalid_request_error', param: null, code: 'content_filter' } } },
      { value: lastChunk(seen) },
    ],
    isDoneAfter: true,
  },
  {
    isOurs: (event) => typeOfEvent(event).startsWith('response.'),
    lastEvents: failedResponse,
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

/** The code is one of those at which agents stop: after a server's error they ask again and again. */
const CODE = 'invalid_prompt';

function failedResponse(seen: readonly StreamEvent[], message: string): readonly LastEvent[] {
  const values = seen.flatMap(({ value }) => (isObject(value) ? [value] : []));
  const begun = values.findLast(({ response }) => isObject(response))?.response;
  const response = responseLike(isObject(begun) ? begun : {});
  const events: (JsonObject & { type: string })[] = [
    // Clients that put the events together want an answer that can fail.
    ...(begun ? [] : [{ type: 'response.created', response }]),
    {
      type: 'response.failed',
      response: { ...response, status: 'failed', error: { code: CODE, message } },
    },
    {
      ...{ type: 'error', code: CODE, message, param: null },
      // Where the clients that throw it look for it.
      error: { type: 'invalid_request_error', code: CODE, message, param: null },
    },
  ];
  const last = values.findLast(({ sequence_number }) => Number.isInteger(sequence_number));
  const next = Number(last?.sequence_number ?? -1) + 1;
  return events.map((event, index) => ({
    name: event.type,
    value: { ...event, sequence_number: next + index },
  }));
}

/** A whole one. Of what the client has seen only names are repeated: the request that it echoes may have been redacted. */
function responseLike({ id, created_at, model }: JsonObject): JsonObject {
  return {
    id: typeof id === 'string' ? id : 'resp_0',
    object: 'response',
    created_at: typeof created_at === 'number' ? created_at : 0,
    status: 'in_progress',
    model: typeof model === 'string' ? model : '',
    ...{ error: null, incomplete_details: null, instructions: null, metadata: {}, output: [] },
    ...{ parallel_tool_calls: true, temperature: null, tool_choice: 'auto', tools: [], top_p: null },
    usage: null,
  };
}
