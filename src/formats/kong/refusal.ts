/**
 * ai-proxy's own clients speak OpenAI's format; Ollama's read a text.
 *
 * | API | error | a refusal as an answer |
 * |---|---|---|
 * | Ollama | `error`, a text | `message` of `/api/chat`, `response` of `/api/generate` |
 *
 * @see https://github.com/ollama/ollama/blob/main/docs/api.md
 */
import { openAiError } from '../openai/refusal.ts';
import {
  type ApiRefusals,
  jsonLines,
  type Refused,
  type RefusingAnswer,
  type Said,
} from '../refusal-contract.ts';
import type { JsonObject } from '../segment.ts';
import { ollama } from './ollama.ts';
import { promptTemplate } from './prompt-template.ts';

/** One line is all of a stream too, which is what Ollama sends unless it is told not to. */
const ollamaAnswer: RefusingAnswer = {
  whole: line,
  streamed: (said) => jsonLines('application/x-ndjson', [line(said)]),
};

function line({ text, model, created, path }: Said): JsonObject {
  const said = /\/api\/generate$/i.test(path)
    ? { response: text }
    : { message: { role: 'assistant', content: text } };
  const created_at = new Date(created * 1000).toISOString();
  return { model, created_at, ...said, done: true, done_reason: 'stop' };
}

export function ollamaError({ message }: Refused): JsonObject {
  return { error: message };
}

export const REFUSALS: readonly ApiRefusals[] = [
  { formats: [promptTemplate], error: openAiError },
  { formats: [ollama], error: ollamaError, answer: ollamaAnswer },
];
