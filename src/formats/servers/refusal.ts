/**
 * What clients of servers of open models are told.
 *
 * | API | error | a refusal as an answer |
 * |---|---|---|
 * | llama.cpp | as OpenAI's | `content` of a completion |
 * | Text Generation Inference | `error`, a text, and `error_type` | `generated_text`; of a stream the `token` too |
 *
 * SGLang and vLLM's plain server share a path and answer it otherwise, so there it is not known which answer is expected.
 *
 * @see https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
 * @see https://github.com/huggingface/huggingface_hub/blob/main/src/huggingface_hub/inference/_common.py
 */
import { eventStream, type Refused, type RefusingAnswer } from '../refusal-contract.ts';
import type { JsonObject } from '../segment.ts';

/** Clients raise by `error_type`; one that is not `overloaded` is the request's fault. */
export function huggingFaceError({ httpStatus, message }: Refused): JsonObject {
  return { error: message, error_type: httpStatus < 500 ? 'validation' : 'overloaded' };
}

export const generatedText: RefusingAnswer = {
  // These answer in the form of whoever asks.
  notAt: /\/(?:(?:chat_)?tokenize|invocations|vertex)$/i,
  whole: ({ text }) => ({ generated_text: text }),
  streamed: ({ text }) =>
    eventStream([
      {
        value: {
          ...{ index: 1, token: { id: 0, text, logprob: 0, special: false } },
          ...{ generated_text: text, details: null },
        },
      },
    ]),
};

export const llamaAnswer: RefusingAnswer = {
  whole: ({ text, model }) => ({ index: 0, content: text, model, ...STOPPED }),
  streamed: ({ text, model }) =>
    eventStream([
      { value: { index: 0, content: text, stop: false } },
      { value: { index: 0, content: '', model, ...STOPPED } },
    ]),
};

const STOPPED = { stop: true, stop_type: 'eos', tokens_evaluated: 0, tokens_predicted: 0 };
