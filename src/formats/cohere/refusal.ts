/**
 * | API | error | a refusal as an answer |
 * |---|---|---|
 * | all | `message` | |
 * | v2 chat | | `message.content` |
 * | v1 chat | | `text` |
 * | v1 generate | | one generation |
 *
 * @see https://docs.cohere.com/reference/errors
 */
import {
  type ApiRefusals,
  jsonLines,
  type Refused,
  type RefusingAnswer,
  type Said,
  typedEvents,
} from '../refusal-contract.ts';
import type { JsonObject } from '../segment.ts';
import { generate } from './generate.ts';
import { chatV1 } from './v1-chat.ts';
import { chatV2 } from './v2-chat.ts';

const error = ({ message }: Refused): JsonObject => ({ message });

const NO_USAGE = {
  billed_units: { input_tokens: 0, output_tokens: 0 },
  tokens: { input_tokens: 0, output_tokens: 0 },
};

const answerOfV2: RefusingAnswer = {
  // Of a server of open models: the prompt's tokens.
  notAt: /\/render$/i,
  whole: ({ text, id }) => ({
    ...{ id, finish_reason: 'COMPLETE', usage: NO_USAGE },
    message: { role: 'assistant', content: [{ type: 'text', text }] },
  }),
  streamed: ({ text, id }) =>
    typedEvents([
      {
        ...{ type: 'message-start', id },
        delta: {
          message: { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] },
        },
      },
      {
        ...{ type: 'content-start', index: 0 },
        delta: { message: { content: { type: 'text', text: '' } } },
      },
      { type: 'content-delta', index: 0, delta: { message: { content: { text } } } },
      { type: 'content-end', index: 0 },
      { type: 'message-end', id, delta: { finish_reason: 'COMPLETE', usage: NO_USAGE } },
    ]),
};

/** @see https://docs.cohere.com/v1/docs/streaming */
const LINES = 'application/stream+json';

const answerOfV1: RefusingAnswer = {
  whole: wholeV1,
  streamed: (said) =>
    jsonLines(LINES, [
      { is_finished: false, event_type: 'stream-start', generation_id: said.id },
      { is_finished: false, event_type: 'text-generation', text: said.text },
      {
        ...{ is_finished: true, event_type: 'stream-end', finish_reason: 'COMPLETE' },
        response: wholeV1(said),
      },
    ]),
};

function wholeV1({ text, id }: Said): JsonObject {
  return {
    ...{ response_id: id, generation_id: id, text, finish_reason: 'COMPLETE', chat_history: [] },
    meta: { api_version: { version: '1' }, ...NO_USAGE },
  };
}

const generation: RefusingAnswer = {
  whole: (said) => ({ ...generated(said), meta: { api_version: { version: '1' } } }),
  streamed: (said) =>
    jsonLines(LINES, [
      { event_type: 'text-generation', text: said.text, is_finished: false },
      {
        ...{ event_type: 'stream-end', is_finished: true, finish_reason: 'COMPLETE' },
        response: generated(said),
      },
    ]),
};

function generated({ text, id }: Said): JsonObject {
  return { id, generations: [{ id, text, finish_reason: 'COMPLETE' }] };
}

export const REFUSALS: readonly ApiRefusals[] = [
  { formats: [chatV2], error, answer: answerOfV2 },
  { formats: [chatV1], error, answer: answerOfV1 },
  { formats: [generate], error, answer: generation },
];
