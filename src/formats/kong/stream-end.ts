/**
 * | API | last event |
 * |---|---|
 * | Ollama | `{"error": …}` |
 *
 * @see https://github.com/ollama/ollama/blob/main/docs/api.md
 */
import { isObject } from '../segment.ts';
import type { StreamEnd } from '../stream-end-contract.ts';

export const STREAM_ENDS: readonly StreamEnd[] = [
  {
    isOurs: ({ value }) => isObject(value) && typeof value.done === 'boolean',
    lastEvents: (_seen, message) => [{ value: { error: message } }],
  },
];
