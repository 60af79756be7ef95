/**
 * | API | error | a refusal as an answer |
 * |---|---|---|
 * | all | `error`: `code` (the status), `message`, `status` (its name) | |
 * | generateContent | | one candidate with one part |
 *
 * @see https://cloud.google.com/apis/design/errors#http_mapping
 */
import {
  type ApiRefusals,
  eventStream,
  type Refused,
  type RefusingAnswer,
  type Said,
} from '../refusal-contract.ts';
import type { JsonObject } from '../segment.ts';
import { countTokens } from './count-tokens.ts';
import { embedContent } from './embed-content.ts';
import { generateContent } from './generate-content.ts';
import { predict } from './predict.ts';

function error({ httpStatus, message }: Refused): JsonObject {
  const status = STATUS_NAMES[httpStatus] ?? (httpStatus < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL');
  return { error: { code: httpStatus, message, status } };
}

const STATUS_NAMES: Record<number, string> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

const contentAnswer: RefusingAnswer = {
  whole: candidate,
  /** Without `alt=sse` a stream is one list. */
  streamed: (said) =>
    said.asksForEvents
      ? eventStream([{ value: candidate(said) }])
      : { contentType: 'application/json', body: JSON.stringify([candidate(said)]) },
};

function candidate({ text, model, id }: Said): JsonObject {
  return {
    candidates: [{ content: { parts: [{ text }], role: 'model' }, finishReason: 'STOP', index: 0 }],
    usageMetadata: { promptTokenCount: 0, candidatesTokenCount: 0, totalTokenCount: 0 },
    ...{ modelVersion: model, responseId: id },
  };
}

export const REFUSALS: readonly ApiRefusals[] = [
  { formats: [generateContent], error, answer: contentAnswer },
  { formats: [embedContent, countTokens, predict], error },
];
