/**
 * | API | last events |
 * |---|---|
 * | streamGenerateContent | a candidate with `finishReason: "SAFETY"`, then `error` |
 *
 * Google's own clients throw the error; others read how the candidate finished, or only that one of the two.
 *
 * @see https://ai.google.dev/api/generate-content#FinishReason
 * @see https://cloud.google.com/apis/design/errors#http_mapping
 */
import { isObject } from '../segment.ts';
import type { StreamEnd } from '../stream-end-contract.ts';

export const STREAM_ENDS: readonly StreamEnd[] = [
  {
    isOurs: ({ value }) => isObject(value) && Array.isArray(value.candidates),
    lastEvents: (_seen, message) => [
      { value: { candidates: [{ index: 0, finishReason: 'SAFETY', finishMessage: message }] } },
      { value: { error: { code: 400, message, status: 'INVALID_ARGUMENT' } } },
    ],
  },
];
