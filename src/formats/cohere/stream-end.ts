/**
 * | API | last event |
 * |---|---|
 * | version 2 | `message-end`, with an error as its reason |
 * | version 1 | `stream-end`, with an error as its reason |
 *
 * @see https://docs.cohere.com/docs/streaming
 */
import { type StreamEnd, typeOfEvent } from '../stream-end-contract.ts';

/** Not every client takes an end without it. */
const NO_USAGE = {
  billed_units: { input_tokens: 0, output_tokens: 0 },
  tokens: { input_tokens: 0, output_tokens: 0 },
};

export const STREAM_ENDS: readonly StreamEnd[] = [
  {
    isOurs: (event) =>
      /^(?:message-start|content-start|content-delta|tool-plan-delta|tool-call-start)$/.test(
        typeOfEvent(event),
      ),
    lastEvents: (_seen, message) => [
      {
        name: 'message-end',
        value: {
          type: 'message-end',
          delta: { error: message, finish_reason: 'ERROR', usage: NO_USAGE },
        },
      },
    ],
  },
  {
    isOurs: (event) => /^(?:stream-start|text-generation)$/.test(typeOfEvent(event)),
    lastEvents: (_seen, message) => [
      {
        value: {
          event_type: 'stream-end',
          is_finished: true,
          finish_reason: 'ERROR',
          response: { text: '', finish_reason: 'ERROR' },
          error: message,
        },
      },
    ],
  },
];
