/**
 * | API | last event |
 * |---|---|
 * | version 2 | `message-end`, with an error as its reason |
 * | version 1 | `stream-end`, with an error as its reason |
 *
 * @see https://docs.cohere.com/docs/streaming
 */
import { type StreamEnd, typeOfEvent } from '../stream-end-contract.ts';

export const STREAM_ENDS: readonly StreamEnd[] = [
  {
    isOurs: (event) => /^(?:message-start|content-start|content-delta)$/.test(typeOfEvent(event)),
    lastEvent: (_seen, message) => ({
      name: 'message-end',
      value: { type: 'message-end', delta: { finish_reason: 'ERROR', error: message } },
    }),
  },
  {
    isOurs: (event) => /^(?:stream-start|text-generation)$/.test(typeOfEvent(event)),
    lastEvent: (_seen, message) => ({
      value: {
        event_type: 'stream-end',
        is_finished: true,
        finish_reason: 'ERROR',
        response: { text: '', finish_reason: 'ERROR' },
        error: message,
      },
    }),
  },
];
