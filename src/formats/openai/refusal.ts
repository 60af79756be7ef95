/**
 * | API | error | a refusal as an answer |
 * |---|---|---|
 * | all | `error`: `message`, `type`, `param`, `code` | |
 * | chat completions | | one choice, `content` |
 * | completions | | one choice, `text` |
 * | responses | | a message with `output_text` |
 *
 * @see https://platform.openai.com/docs/guides/error-codes
 */
import {
  type ApiRefusals,
  eventStream,
  type Refused,
  type RefusingAnswer,
  type Said,
  typedEvents,
} from '../refusal-contract.ts';
import type { JsonObject } from '../segment.ts';
import { chatCompletions } from './chat-completions.ts';
import { completions } from './completions.ts';
import { embeddings } from './embeddings.ts';
import { responses } from './responses.ts';

/** Codes are texts: clients compare them. */
export function openAiError({ httpStatus, code, message }: Refused): JsonObject {
  const type = httpStatus < 500 ? 'invalid_request_error' : 'server_error';
  return { error: { message, type, param: null, code } };
}

const NO_USAGE = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };

/** What takes a prompt and answers with its tokens, what a template makes of it, or a class. */
const BESIDE = /\/(?:render|input_tokens|batch|apply-template|(?:chat_)?tokenize|pooling|classify)$/i;

const chatAnswer: RefusingAnswer = {
  notAt: BESIDE,
  whole: ({ text, model, id, created }) => ({
    ...{ id: `chatcmpl-${id}`, object: 'chat.completion', created, model },
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text, refusal: null, annotations: [] },
        ...{ logprobs: null, finish_reason: 'stop' },
      },
    ],
    usage: NO_USAGE,
  }),
  streamed: ({ text, model, id, created }) => {
    const chunk = (delta: JsonObject, finish_reason: string | null) => ({
      value: {
        ...{ id: `chatcmpl-${id}`, object: 'chat.completion.chunk', created, model },
        choices: [{ index: 0, delta, logprobs: null, finish_reason }],
      },
    });
    return eventStream([
      chunk({ role: 'assistant', content: text }, null),
      chunk({}, 'stop'),
      { value: '[DONE]' },
    ]);
  },
};

const completionAnswer: RefusingAnswer = {
  notAt: BESIDE,
  whole: (said) => ({ ...completion(said, 'stop'), usage: NO_USAGE }),
  streamed: (said) => eventStream([{ value: completion(said, 'stop') }, { value: '[DONE]' }]),
};

function completion({ text, model, id, created }: Said, finish_reason: string): JsonObject {
  return {
    ...{ id: `cmpl-${id}`, object: 'text_completion', created, model },
    choices: [{ index: 0, text, logprobs: null, finish_reason }],
  };
}

const responsesAnswer: RefusingAnswer = {
  notAt: /\/responses\/(?:compact|input_tokens)$/i,
  whole: (said) => response(said, 'completed', [message(said)]),
  streamed: (said) => {
    const item = { output_index: 0, item_id: `msg_${said.id}`, content_index: 0 };
    const part = { type: 'output_text', text: said.text, annotations: [] };
    const empty = { ...message(said), status: 'in_progress', content: [] };
    const events = [
      { type: 'response.created', response: response(said, 'in_progress', []) },
      { type: 'response.in_progress', response: response(said, 'in_progress', []) },
      { type: 'response.output_item.added', output_index: 0, item: empty },
      { type: 'response.content_part.added', ...item, part: { ...part, text: '' } },
      { type: 'response.output_text.delta', ...item, delta: said.text, logprobs: [] },
      { type: 'response.output_text.done', ...item, text: said.text, logprobs: [] },
      { type: 'response.content_part.done', ...item, part },
      { type: 'response.output_item.done', output_index: 0, item: message(said) },
      { type: 'response.completed', response: response(said, 'completed', [message(said)]) },
    ];
    return typedEvents(events.map((event, sequence_number) => ({ ...event, sequence_number })));
  },
};

function message({ text, id }: Said): JsonObject {
  return {
    ...{ type: 'message', id: `msg_${id}`, status: 'completed', role: 'assistant' },
    content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
  };
}

function response({ id, created, model }: Said, status: string, output: JsonObject[]): JsonObject {
  return {
    ...{ id: `resp_${id}`, object: 'response', created_at: created, status, model, output },
    ...{ error: null, incomplete_details: null, instructions: null, metadata: {}, tools: [] },
    ...{ tool_choice: 'auto', parallel_tool_calls: true, temperature: null, top_p: null },
    usage:
      status === 'completed'
        ? {
            ...{ input_tokens: 0, output_tokens: 0, total_tokens: 0 },
            ...{ input_tokens_details: { cached_tokens: 0 }, output_tokens_details: { reasoning_tokens: 0 } },
          }
        : null,
  };
}

const error = openAiError;

export const REFUSALS: readonly ApiRefusals[] = [
  { formats: [chatCompletions], error, answer: chatAnswer },
  { formats: [completions], error, answer: completionAnswer },
  { formats: [responses], error, answer: responsesAnswer },
  { formats: [embeddings], error },
];
