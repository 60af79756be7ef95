/**
 * | API | last events |
 * |---|---|
 * | streamGenerateContent | a candidate with `finishReason: "SAFETY"`, then `error` |
 *
 * Google's own clients throw the error; others only read how the candidate finished.
 *
 * @see https://ai.google.dev/api/generate-content#FinishReason
 * @see https://cloud.google.com/apis/design/errors#http_mapping
 */
import { isObject, type JsonObject } from '../segment.ts';
import type { StreamEnd } from '../stream-end-contract.ts';

export const STREAM_ENDS: readonly StreamEnd[] = [
  {
    isOurs: ({ value }) => isObject(value) && Array.isArray(value.candidates),
    lastEvents: (_seen, message) => [
      { value: { candidates: [candidate(message)] } },
      { value: { error: { code: 400, message, status: 'INVALID_ARGUMENT' } } },
    ],
  },
];

/** A candidate without content is skipped by some clients. */
function candidate(finishMessage: string): JsonObject {
  return { index: 0, content: { role: 'model', parts: [] }, finishReason: 'SAFETY', finishMessage };
}
