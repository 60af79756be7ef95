/**
 * | API | last event |
 * |---|---|
 * | streamGenerateContent | a candidate with `finishReason: "SAFETY"` |
 *
 * @see https://ai.google.dev/api/generate-content#FinishReason
 */
import { isObject } from '../segment.ts';
import type { StreamEnd } from '../stream-end-contract.ts';

export const STREAM_ENDS: readonly StreamEnd[] = [
  {
    isOurs: ({ value }) => isObject(value) && Array.isArray(value.candidates),
    lastEvent: (_seen, message) => ({
      value: { candidates: [{ index: 0, finishReason: 'SAFETY', finishMessage: message }] },
    }),
  },
];
