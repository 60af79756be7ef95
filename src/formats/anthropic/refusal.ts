/**
 * | API | error | a refusal as an answer |
 * |---|---|---|
 * | all | `type`, `error`: `type`, `message`, `details.error_code`; `request_id`, `message` | |
 * | messages | | one block of text |
 * | complete | | `completion` |
 *
 * @see https://docs.anthropic.com/en/api/errors
 */
import {
  type ApiRefusals,
  type Refused,
  type RefusingAnswer,
  type Said,
  typedEvents,
} from '../refusal-contract.ts';
import type { JsonObject } from '../segment.ts';
import { messageBatches } from './batches.ts';
import { complete } from './complete.ts';
import { messages } from './messages.ts';

/**
 * The id is AIDR's: no other one of this request is of any use. Without a `message` of its own, the official client shows the
 * whole body as JSON.
 */
function error({ httpStatus, code, message, requestId }: Refused): JsonObject {
  const type = TYPES[httpStatus] ?? (httpStatus < 500 ? 'invalid_request_error' : 'api_error');
  const details = { error_code: code };
  return { type: 'error', error: { type, message, details }, request_id: requestId ?? null, message };
}

const TYPES: Record<number, string> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
};

const NO_USAGE = { input_tokens: 0, output_tokens: 0 };

function message({ id, model }: Said, content: JsonObject[], stop_reason: string | null): JsonObject {
  return {
    ...{ id: `msg_${id}`, type: 'message', role: 'assistant', model, content },
    ...{ stop_reason, stop_sequence: null, usage: NO_USAGE },
  };
}

/** The events as they are also wrapped by others. */
export function messageEvents(said: Said): (JsonObject & { type: string })[] {
  const { text } = said;
  return [
    { type: 'message_start', message: message(said, [], null) },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: NO_USAGE },
    { type: 'message_stop' },
  ];
}

export const messageAnswer: RefusingAnswer = {
  notAt: /\/count_tokens$/i,
  whole: (said) => message(said, [{ type: 'text', text: said.text }], 'end_turn'),
  streamed: (said) => typedEvents(messageEvents(said)),
};

const completeAnswer: RefusingAnswer = {
  whole: completion,
  streamed: (said) => typedEvents([completion(said)]),
};

function completion({ text, model, id }: Said) {
  const head = { type: 'completion', id: `compl_${id}`, model };
  return { ...head, completion: text, stop_reason: 'stop_sequence', stop: null };
}

export const REFUSALS: readonly ApiRefusals[] = [
  { formats: [messages], error, answer: messageAnswer },
  { formats: [complete], error, answer: completeAnswer },
  { formats: [messageBatches], error },
];
